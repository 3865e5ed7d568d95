// Package gate owns authentication and authorization. It verifies signatures and
// authorization tokens, resolves them to the principal as it is now, and is the only
// code that allows a request. It must never know what an operation does or how
// anything is stored.
package gate

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/principal"
	"daypass/internal/sigv4"
	"daypass/internal/token"
)

// A Call is one request and what is known of its caller. Now is fixed for the whole
// call, so that all checks and records agree on the time.
type Call struct {
	RequestID string
	Now       time.Time
	Region    string
	SourceIP  netip.Addr // as the listener, or a trusted proxy, saw it
	Secure    bool       // the request came over TLS

	AccessKeyID string               // of the signature, or the token's id; "" while anonymous
	Principal   *principal.Principal // nil while anonymous
	Grants      *policy.Grants       // the policies of the principal's own account
	Token       *token.Claims        // set if the caller sent an authorization token
	Issued      string               // id of the authorization token that the call made, for its record
	WebIdentity *WebIdentity         // set if an identity provider authenticated an anonymous caller
	MFAAt       time.Time            // when a one-time code was accepted in this call; zero: none

	// BeforeRun is called when all is judged and before the operation runs, for
	// tests of what can change in between; nil: nothing is.
	BeforeRun func()

	later time.Time // see Gate.Again; zero: never

	signature *sigv4.Signature // see Signature
	unsigned  error

	// What was judged last, for the request's log line.
	Action   string
	Resource string
	Decision Decision
	Refusal  *Refusal // set if that decision was Deny
}

// Signature returns the signature of the call's request, which is not yet verified.
// It is parsed once for all callers of this method.
func (c *Call) Signature(r *http.Request) (*sigv4.Signature, error) {
	if c.signature == nil && c.unsigned == nil {
		c.signature, c.unsigned = sigv4.Parse(r)
	}
	return c.signature, c.unsigned
}

// A WebIdentity is the identity of a caller who has no principal yet, from the token
// of an identity provider. AssumeRoleWithWebIdentity sets it once the token is
// verified.
type WebIdentity struct {
	Provider string                     // ARN
	Subject  string                     // the token's claim sub
	Audience string                     // the audience in the token that the provider accepts
	Claims   map[string]json.RawMessage // all claims of the token
}

// A Decision is the outcome of the last judgement of a call.
type Decision string

const (
	Undecided Decision = ""
	Allow     Decision = "allow"
	Deny      Decision = "deny"
)

// A Subject is the resource that an action is decided on.
type Subject = policy.Subject

// Authorize decides whether the caller may do an action on a subject. It returns nil
// if so, else a fault of kind AccessDenied in AWS's words.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages".
func (c *Call) Authorize(_ context.Context, action string, s Subject) error {
	if s.Account == "" {
		s.Account = c.account()
	}
	c.Action, c.Resource = action, s.ARN
	request := c.request(action, &s)
	target := policy.Target{Account: s.Account, Admin: s.Admin, Policies: s.Policies, Trust: s.Trust}
	decision := policy.Evaluate(&request, c.grants(), &target)
	if decision.Allowed {
		c.Decision, c.Refusal = Allow, nil
		return nil
	}
	c.Decision, c.Refusal = Deny, &Refusal{request, c.grants(), target}
	return c.denied(action, s, decision)
}

// request is the policy request of the call.
func (c *Call) request(action string, s *Subject) policy.Request {
	return policy.Request{Principal: c.Principal, Provider: c.provider(), Action: action, Resource: s.ARN, MFAAt: c.MFAAt, Context: &requestKeys{call: c, subject: s}}
}

var noGrants policy.Grants

func (c *Call) grants() *policy.Grants {
	if c.Grants == nil {
		return &noGrants
	}
	return c.Grants
}

// account is the caller's account. For a caller with a web identity it is that of the
// identity provider.
func (c *Call) account() string {
	switch {
	case c.Principal != nil:
		return c.Principal.Account
	case c.WebIdentity != nil:
		a, err := arn.Parse(c.WebIdentity.Provider)
		if err == nil {
			return a.Account
		}
	}
	return ""
}

func (c *Call) provider() string {
	if c.WebIdentity == nil {
		return ""
	}
	return c.WebIdentity.Provider
}

// denied returns the fault of a refusal. As with AWS, a caller from another account
// is not told which kind of policy lacks an Allow. A trust policy's refusal does not
// say that either, because the role may not exist. A caller with a web identity is
// told only that the action is not authorized.
func (c *Call) denied(action string, s Subject, d policy.Decision) error {
	if c.Principal == nil && c.WebIdentity != nil {
		return fault.New(fault.AccessDenied, "Not authorized to perform %s", action)
	}
	who := "anonymous"
	if c.Principal != nil {
		who = c.Principal.ARN()
	}
	text := "User: " + who + " is not authorized to perform: " + action + " on resource: " + s.ARN
	own := s.Account == c.account() || s.Admin == c.account()
	if d.Explicit || own && !s.Trust {
		text += " " + d.Because(action)
	}
	return &fault.Error{Kind: fault.AccessDenied, Message: text}
}

// requestKeys answers for the condition keys that describe the request and the
// resource. The keys that describe the principal are the policy engine's.
type requestKeys struct {
	call    *Call
	subject *Subject
}

// Lookup returns the value of a condition key, given in lower case.
//
// aws:UserAgent and aws:Referer are absent on purpose: CodeArtifact does not
// support them, and a caller could set them at will.
//
// Source: IAM User Guide, "AWS global condition context keys".
func (k *requestKeys) Lookup(key string) (policy.Value, bool) {
	switch key {
	case "aws:currenttime":
		return policy.One(k.call.now().UTC().Format(time.RFC3339)), true
	case "aws:epochtime":
		return policy.One(strconv.FormatInt(k.call.now().Unix(), 10)), true
	case "aws:securetransport":
		return policy.One(strconv.FormatBool(k.call.Secure)), true
	case "aws:requestedregion":
		return policy.One(k.call.Region), true
	case "aws:sourceip":
		return policy.One(k.call.SourceIP.String()), k.call.SourceIP.IsValid()
	case "aws:viaawsservice":
		return policy.One("false"), true
	case "aws:resourceaccount":
		return policy.One(k.subject.Account), k.subject.Account != ""
	case "aws:tagkeys":
		if len(k.subject.RequestTags) > 0 {
			return tagKeys(k.subject.RequestTags)
		}
	}
	if tag, ok := strings.CutPrefix(key, "aws:requesttag/"); ok {
		return policy.Tagged(k.subject.RequestTags, tag)
	}
	if tag, ok := strings.CutPrefix(key, "aws:resourcetag/"); ok {
		return policy.Tagged(k.subject.Tags, tag)
	}
	if tag, ok := strings.CutPrefix(key, "iam:resourcetag/"); ok && strings.HasPrefix(k.subject.ARN, iamARN) {
		return policy.Tagged(k.subject.Tags, tag)
	}
	return k.subject.Keys.Lookup(key)
}

// iamARN is the prefix of the ARNs of IAM, whose resources also have the key
// iam:ResourceTag.
//
// Source: Service Authorization Reference, AWS Identity and Access Management
// and AWS Security Token Service.
const iamARN = "arn:" + arn.Partition + ":iam:"

// tagKeys returns all keys in order, so that decisions and records do not depend on
// the order of a map.
func tagKeys(tags map[string]string) (policy.Value, bool) {
	return policy.Many(slices.Sorted(maps.Keys(tags))), true
}
