// Package gate owns the two questions that every request must answer: who is
// asking, and may they. It verifies signatures and authorization tokens,
// resolves them to today's principal, and is the only code that says yes. It
// must never know what an operation does or how anything is stored.
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

// A Call is one request on its way through the program. Now is fixed for all
// of it, so that every check and every record of a call agree on the time.
type Call struct {
	RequestID string
	Now       time.Time
	Region    string
	SourceIP  netip.Addr // as the listener, or a trusted proxy, saw it
	Secure    bool       // the request came over TLS

	AccessKeyID string               // of the signature, or the token's id; "" while anonymous
	Principal   *principal.Principal // nil while anonymous
	Grants      *policy.Grants       // what the principal's own account says of it
	Token       *token.Claims        // set if the caller showed an authorization token
	Issued      string               // id of the authorization token that the call made, for its record
	Voucher     *Voucher             // set if an identity provider vouches for an anonymous caller
	MFAAt       time.Time            // when a one-time code was taken in this call; zero: none

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
	Refusal  *Refusal // if that judgement said no to somebody
}

// Signature returns what the call's request claims of its signer, which is not
// to be believed yet. It is read once for all who ask.
func (c *Call) Signature(r *http.Request) (*sigv4.Signature, error) {
	if c.signature == nil && c.unsigned == nil {
		c.signature, c.unsigned = sigv4.Parse(r)
	}
	return c.signature, c.unsigned
}

// A Voucher is what an identity provider says of a caller who has no principal
// yet. The operation that takes such a caller sets it, once the provider's token
// is verified.
type Voucher struct {
	Provider string                     // ARN
	Subject  string                     // who the caller is, by the provider's word
	Audience string                     // whom the provider says it to
	Claims   map[string]json.RawMessage // all that it says
}

// A Decision is the outcome of the last judgement of a call.
type Decision string

const (
	Undecided Decision = ""
	Allow     Decision = "allow"
	Deny      Decision = "deny"
)

// A Subject is what an action is judged on.
type Subject = policy.Subject

// Authorize judges an action of the caller on a subject. It returns nil if it
// is allowed, else an AccessDenied fault whose text follows AWS's grammar.
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

// request is what is judged, by whoever the caller is.
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

// account is whose the caller is: of somebody without a principal, that of the
// provider which vouches.
func (c *Call) account() string {
	switch {
	case c.Principal != nil:
		return c.Principal.Account
	case c.Voucher != nil:
		a, err := arn.Parse(c.Voucher.Provider)
		if err == nil {
			return a.Account
		}
	}
	return ""
}

func (c *Call) provider() string {
	if c.Voucher == nil {
		return ""
	}
	return c.Voucher.Provider
}

// denied words a refusal. As with AWS, a caller from another account is not
// told which policy is silent. A trust policy's refusal does not say why either:
// the role may not exist. A caller whom a provider vouches for is told nothing else.
func (c *Call) denied(action string, s Subject, d policy.Decision) error {
	if c.Principal == nil && c.Voucher != nil {
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
	value, ok := k.subject.Keys[key]
	return value, ok
}

// iamARN begins the names of what has IAM's own key for tags.
//
// Source: Service Authorization Reference, AWS Identity and Access Management
// and AWS Security Token Service.
const iamARN = "arn:" + arn.Partition + ":iam:"

// tagKeys lists all spellings of keys, in order: what is told of a call does not
// depend on the order of a map.
func tagKeys(tags map[string]string) (policy.Value, bool) {
	return policy.Many(slices.Sorted(maps.Keys(tags))), true
}
