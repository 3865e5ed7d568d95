package policy

import (
	"strconv"
	"strings"
	"time"

	"daypass/internal/principal"
	"daypass/internal/tag"
)

// A Value is what a request has for a condition key. The zero Value is one
// empty string.
type Value struct {
	one       string
	many      []string
	multi     bool
	ambiguous bool
}

// One returns the value of a key that has a single value.
func One(s string) Value { return Value{one: s} }

// Many returns the values of a multivalued key, such as aws:TagKeys. Without
// any the key counts as missing. The slice is not copied.
func Many(ss []string) Value { return Value{many: ss, multi: true} }

// Ambiguous returns the value of a key that the request has several times over,
// in spellings that differ by case alone: nobody can tell which is meant. No
// statement that asks for it allows, and none that asks for it and else is
// about the request fails to deny.
func Ambiguous() Value { return Value{ambiguous: true} }

// Tagged returns the value of a condition key that stands for a tag, whose key
// is matched without regard to case.
func Tagged(tags map[string]string, key string) (Value, bool) {
	value, n := tag.Find(tags, key)
	if n > 1 {
		return Ambiguous(), true
	}
	return One(value), n == 1
}

// A Context says what the request has for condition keys, other than those
// that follow from the principal. Keys are asked for in lower case, such as
// "aws:requesttag/team". Times are ISO-8601 or seconds since 1970, binary
// values base64.
type Context interface {
	Lookup(key string) (Value, bool)
}

// Lookup finds what an evaluation of the request finds for a condition key,
// given in lower case.
func (r *Request) Lookup(key string) (Value, bool) {
	e := env{req: r, p: r.Principal}
	return e.lookup(key)
}

// Strings returns the value's strings and whether there may be several. An
// ambiguous value has none.
func (v Value) Strings() ([]string, bool) { return v.list(true), v.multi }

// env is the surroundings of one evaluation.
type env struct {
	req           *Request
	p             *principal.Principal
	service, name []byte // of the request's action, in lower case
	steps         int    // left; below 0 there are none
}

// MaxSteps bounds what one evaluation costs. A step is about a byte of a pattern
// that is compared, some nanoseconds; a hundred full policies with thousands of
// patterns take some hundred thousand of them. Without steps nothing more
// allows, and every Deny that is still to be looked at denies.
const MaxSteps = 2_000_000

// lookupSteps is what it costs to find the value of a condition key.
const lookupSteps = 16

// lookup finds a key's value. The keys that follow from the principal come
// from it alone; the request's context can't stand in for them, unless all of
// it is made up.
func (e *env) lookup(key string) (Value, bool) {
	e.steps -= lookupSteps
	if e.req.Simulated {
		return e.ask(key)
	}
	if strings.HasPrefix(key, "aws:") {
		v, ok, own := e.global(key)
		if own {
			return v, ok
		}
	} else if e.p != nil && e.p.Session != nil {
		v, ok := claim(key, e.p.Session.Context)
		if ok {
			return v, true
		}
	}
	return e.ask(key)
}

func (e *env) ask(key string) (Value, bool) {
	if e.req.Context == nil {
		return Value{}, false
	}
	v, ok := e.req.Context.Lookup(key)
	return v, ok && !(v.multi && len(v.many) == 0)
}

// claim finds a key that the identity provider supplied when the session
// began. Of those only amr has several values.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys", section on
// OIDC federation.
func claim(key string, claims map[string][]string) (Value, bool) {
	values, ok := claims[key]
	switch {
	case !ok || len(values) == 0:
		return Value{}, false
	case len(values) > 1 || strings.HasSuffix(key, ":amr"):
		return Many(values), true
	}
	return One(values[0]), true
}

const principalTag = "aws:principaltag/"

// global finds the global keys that follow from the principal; own is false
// for the others.
//
// Source: IAM User Guide, "AWS global condition context keys"; for the values
// by kind of principal "IAM policy elements: Variables and tags".
func (e *env) global(key string) (v Value, ok, own bool) {
	switch key {
	case "aws:principaltype":
		return One(e.kind().Type()), true, true
	case "aws:principalaccount":
		return One(e.account()), true, true
	case "aws:userid":
		return One(e.userID()), true, true
	case "aws:principalarn":
		if e.p == nil {
			return Value{}, false, true
		}
		return One(e.p.PolicyARN()), true, true
	case "aws:username":
		if e.p == nil || e.p.Kind != principal.User {
			return Value{}, false, true
		}
		return One(e.p.Name), true, true
	case "aws:principalisawsservice":
		return One("false"), e.p != nil, true
	case "aws:federatedprovider":
		provider := e.provider()
		return One(provider), provider != "", true
	case "aws:multifactorauthpresent", "aws:multifactorauthage":
		v, ok = e.multifactor(key)
		return v, ok, true
	case "aws:tokenissuetime", "aws:sourceidentity":
		v, ok = e.session(key)
		return v, ok, true
	case "aws:principalorgid", "aws:principalorgpaths", "aws:principalservicename", "aws:principalservicenameslist", "aws:assumedroot":
		return Value{}, false, true // of things that there are none of
	}
	if !strings.HasPrefix(key, principalTag) {
		return Value{}, false, false
	}
	if e.p == nil {
		return Value{}, false, true
	}
	v, ok = Tagged(e.p.Tags, key[len(principalTag):])
	return v, ok, true
}

const anonymous = "anonymous"

func (e *env) kind() principal.Kind {
	if e.p == nil {
		return 0
	}
	return e.p.Kind
}

func (e *env) account() string {
	if e.p == nil {
		return anonymous
	}
	return e.p.Account
}

func (e *env) userID() string {
	if e.p == nil {
		return anonymous
	}
	return e.p.UserID()
}

func (e *env) provider() string {
	switch {
	case e.p == nil:
		return e.req.Provider
	case e.p.Session == nil:
		return ""
	}
	return e.p.Session.Provider
}

// session finds the keys that only temporary credentials have.
func (e *env) session(key string) (Value, bool) {
	if e.p == nil || e.p.Session == nil {
		return Value{}, false
	}
	s := e.p.Session
	if key == "aws:sourceidentity" {
		return One(s.SourceIdentity), s.SourceIdentity != ""
	}
	return One(s.IssuedAt.UTC().Format("2006-01-02T15:04:05.999Z07:00")), !s.IssuedAt.IsZero()
}

// multifactor finds the keys about a second factor: of the request itself if it
// came with a code, else of the session. Long-term credentials have neither.
func (e *env) multifactor(key string) (Value, bool) {
	at := e.req.MFAAt
	if at.IsZero() {
		if e.p == nil || e.p.Session == nil {
			return Value{}, false
		}
		at = e.p.Session.MFAAt
	}
	if key == "aws:multifactorauthpresent" {
		return One(strconv.FormatBool(!at.IsZero())), true
	}
	now, ok := e.now()
	if !ok || at.IsZero() {
		return Value{}, false
	}
	return One(strconv.FormatInt(int64(now.Sub(at)/time.Second), 10)), true
}

// now is the request's time, by its own context.
func (e *env) now() (time.Time, bool) {
	v, _ := e.lookup("aws:currenttime")
	return parseDate(v.one)
}
