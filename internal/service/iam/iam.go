// Package iam owns the operations of the IAM API: the resource that each is
// authorized on, and the API's view of the directory's data. The rules on
// identities are the directory's. The package must never know SQL or the wire.
package iam

import (
	"context"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/policy"
	"daypass/internal/principal"
)

// A Service implements the operations.
type Service struct {
	Directory *identity.Directory
}

// Operations returns the service's table.
func (s *Service) Operations() []gate.Operation {
	turn := newTurns()
	return slices.Concat(s.userOperations(), s.keyOperations(), s.roleOperations(),
		s.inlineOperations(), s.attachOperations(), s.policyOperations(), s.versionOperations(),
		s.changeOperations(), s.tagOperations(), s.groupOperations(),
		s.accountOperations(turn), s.absentOperations(), s.oidcOperations(), s.mfaOperations(), s.simulateOperations(turn))
}

// Resolved is the resource that an operation was authorized on, or none if that
// was a name alone.
type resolved interface{ none | identity.Resource }

// op is a row of the table. While the operation runs, a name means the resource
// that was authorized: one made meanwhile under the same name is not found. Some
// sessions may not call IAM at all, whatever their policies say.
//
// Source: IAM User Guide, "Compare AWS STS credentials".
func op[In any, Found resolved, Out any](name string, resolve gate.Resolve[In, Found], run func(context.Context, *gate.Call, *In) (*Out, error)) gate.Operation {
	return opOnFound(name, resolve, func(ctx context.Context, c *gate.Call, in *In, found Found) (*Out, error) {
		return run(identity.Judged(ctx, found), c, in)
	})
}

// opOnFound is like op, and passes the resource that was found to run.
func opOnFound[In, Found, Out any](name string, resolve gate.Resolve[In, Found], run gate.Run[In, Found, Out]) gate.Operation {
	return gate.Op(name, refuseSessions(resolve), nil, run)
}

func refuseSessions[In, Found any](resolve gate.Resolve[In, Found]) gate.Resolve[In, Found] {
	return func(ctx context.Context, c *gate.Call, in *In) (on gate.Subject, found Found, err error) {
		if !mayCallIAM(c.Principal) {
			return on, found, fault.New(fault.UnknownKey, "The security token included in the request is invalid")
		}
		return resolve(ctx, c, in)
	}
}

// mayCallIAM reports whether a caller may call IAM. Sessions of GetFederationToken
// may not, nor those of GetSessionToken without MFA.
func mayCallIAM(p *principal.Principal) bool {
	switch {
	case p.Kind == principal.Federated:
		return false
	case p.Session != nil && p.Kind != principal.Role:
		return !p.Session.MFAAt.IsZero()
	}
	return true
}

// subject authorizes on a user, group or role. One that does not exist is
// authorized by its name at the root path: only a caller who may see it learns
// that it does not exist.
func (s *Service) subject(ctx context.Context, c *gate.Call, kind, name string) (gate.Subject, *identity.Entity, error) {
	e, err := s.Directory.Find(ctx, c.Principal.Account, kind, name)
	if fault.Is(err, fault.NotFound) {
		e, err = &identity.Entity{Kind: kind, Account: c.Principal.Account, Path: "/", Name: name}, nil
	}
	if err != nil {
		return gate.Subject{}, nil, err
	}
	return gate.Subject{ARN: identity.ARN(e), Tags: e.Tags, Keys: entityKeys(e)}, e, nil
}

// entityKeys returns IAM's own condition keys about a user or role, without its
// tags.
//
// Source: Service Authorization Reference, AWS Identity and Access Management.
func entityKeys(e *identity.Entity) policy.Keys {
	if e.Boundary == "" {
		return nil
	}
	return policy.Keys{{Name: "iam:permissionsboundary", Value: policy.One(e.Boundary)}}
}

// An onEntity finds the user, group or role that an operation is authorized on.
type onEntity[In any] = gate.Resolve[In, *identity.Entity]

// An onName authorizes an operation on a name, without looking anything up.
type onName[In any] = gate.Resolve[In, none]

type none struct{}

// on authorizes an operation on the user, group or role that its input names.
func on[In any](s *Service, kind string, name func(*In) string) onEntity[In] {
	return func(ctx context.Context, c *gate.Call, in *In) (gate.Subject, *identity.Entity, error) {
		return s.subject(ctx, c, kind, name(in))
	}
}

// onPath authorizes a list operation on the path that it lists.
func onPath[In any](kind string, prefix func(*In) string) onName[In] {
	return func(_ context.Context, c *gate.Call, in *In) (gate.Subject, none, error) {
		path := prefix(in)
		if path == "" {
			path = "/"
		}
		return gate.Subject{ARN: arn.ARN{Partition: arn.Partition, Service: "iam", Account: c.Principal.Account, Resource: kind + path}.String()}, none{}, nil
	}
}

// encoded returns a policy document as the IAM API shows it.
//
// Source: IAM API reference, GetUserPolicy: "URL-encoded compliant with RFC 3986".
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

const defaultPage = 100

// markerText matches the text of a marker: names and spaces. Other text must not
// reach PostgreSQL, which refuses some of it with an error that would look like
// the server's fault.
var markerText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ -~]*$`) })

// A page is the requested part of a list.
type page struct {
	after string // the last item of the page before; empty on the first page
	limit int
}

var errBadMarker = fault.New(fault.Validation, "Invalid Marker.")

func pageOf(marker string, maxItems *int64) (page, error) {
	p := page{limit: defaultPage}
	if maxItems != nil {
		p.limit = int(*maxItems)
	}
	after, err := base64.RawURLEncoding.DecodeString(marker)
	if err != nil || p.limit < 1 || !markerText().Match(after) {
		return page{}, errBadMarker
	}
	p.after = string(after)
	return p, nil
}

// next returns the marker after the last item of a page, and whether the list goes
// on. Both are for the output.
func next(more bool, last string) (string, *bool) {
	if !more {
		return "", &more
	}
	return base64.RawURLEncoding.EncodeToString([]byte(last)), &more
}

// A section is one part of a list of several kinds of resources. Its list function
// lists at most limit resources after a name. It returns the last name, the number
// that it listed, and whether there are more. With a limit of 0 it only reports
// whether there are more.
type section struct {
	name string
	list lister
}

// fillFrom fills a page from sections in their order. A marker holds the name of
// the section and of the last resource that was listed in it.
func (p page) fillFrom(sections []section) (string, *bool, error) {
	start, after, _ := strings.Cut(p.after, ":")
	first := slices.IndexFunc(sections, func(s section) bool { return s.name == start })
	if first < 0 && p.after != "" {
		return "", nil, errBadMarker
	}
	left := p.limit
	for _, s := range sections[max(first, 0):] {
		last, shown, more, err := s.list(after, left)
		if err != nil {
			return "", nil, err
		}
		if more {
			marker, truncated := next(true, s.name+":"+last)
			return marker, truncated, nil
		}
		left, after = left-shown, ""
	}
	marker, truncated := next(false, "")
	return marker, truncated, nil
}

// pageOfList cuts a page out of a short list. It sorts the list by key, because a
// database may sort in another order.
func pageOfList[T any](all []T, p page, key func(T) string) (items []T, marker string, truncated *bool) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	start := 0
	for p.after != "" && start < len(all) && key(all[start]) <= p.after {
		start++
	}
	items = all[start:min(start+p.limit, len(all))]
	if start+len(items) < len(all) {
		marker, truncated = next(true, key(items[len(items)-1]))
		return items, marker, truncated
	}
	marker, truncated = next(false, "")
	return items, marker, truncated
}

func boundaryOf(e *identity.Entity) *api.AttachedPermissionsBoundary {
	if e.Boundary == "" {
		return nil
	}
	return &api.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: e.Boundary}
}

// date returns a time as IAM shows it, in whole seconds.
func date(t time.Time) *time.Time {
	t = t.Truncate(time.Second)
	return &t
}

// nothing returns the empty output of an operation, or its error.
func nothing[Out any](err error) (*Out, error) {
	if err != nil {
		return nil, err
	}
	return new(Out), nil
}

// policyAccount returns the account in a policy's ARN. It refuses any other ARN.
func policyAccount(policyARN string) (string, error) {
	kind, account, name := arn.Entity(policyARN)
	if kind != "policy" || name == "" {
		return "", fault.New(fault.InvalidInput, "ARN %s is not valid.", policyARN)
	}
	return account, nil
}
