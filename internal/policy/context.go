package policy

import (
	"strconv"
	"strings"
	"time"

	"daypass/internal/principal"
	"daypass/internal/tag"
)

// A Value holds a request's value, or values, for a condition key. The zero
// Value is one empty string.
type Value struct {
	one       string
	many      []string
	multi     bool
	ambiguous bool
}

// One returns the value of a key that has a single value.
func One(s string) Value { return Value{one: s} }

// Many returns the values of a multivalued key, such as aws:TagKeys. A key with
// no values counts as missing. The slice is not copied.
func Many(ss []string) Value { return Value{many: ss, multi: true} }

// Ambiguous returns the value of a key that the request has several times, in
// spellings that differ by case alone: nobody can tell which is meant. An Allow
// that asks for the key does not match. A Deny that asks for it matches if its
// other elements do.
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

// Lookup returns the value that an evaluation of the request has for a condition
// key, given in lower case.
func (r *Request) Lookup(key string) (Value, bool) {
	e := evaluationState{req: r, p: r.Principal}
	return e.lookup(key)
}

// Strings returns the value's strings and whether there may be several. An
// ambiguous value has none.
func (v Value) Strings() ([]string, bool) { return v.list(true), v.multi }

// evaluationState is the state of one evaluation.
type evaluationState struct {
	req           *Request
	p             *principal.Principal
	service, name []byte // of the request's action, in lower case
	steps         int    // how many are left; negative when they ran out
}

// MaxSteps bounds the cost of one evaluation. A step is about one byte of a
// pattern compared, some nanoseconds. A hundred full policies with thousands of
// patterns take some hundred thousand steps. Once the steps ran out, no Allow
// matches and every remaining Deny does.
const MaxSteps = 2_000_000

// lookupSteps is the cost, in steps, of finding the value of a condition key.
const lookupSteps = 16

// lookup finds a key's value. Keys that follow from the principal are taken from
// the principal alone; the request's context cannot override them, except in a
// simulation.
func (e *evaluationState) lookup(key string) (Value, bool) {
	e.steps -= lookupSteps
	if e.req.Simulated {
		return e.contextValue(key)
	}
	if strings.HasPrefix(key, "aws:") {
		v, ok, fromPrincipal := e.global(key)
		if fromPrincipal {
			return v, ok
		}
	} else if e.p != nil && e.p.Session != nil {
		v, ok := claim(key, e.p.Session.Context)
		if ok {
			return v, true
		}
	}
	return e.contextValue(key)
}

func (e *evaluationState) contextValue(key string) (Value, bool) {
	if e.req.Context == nil {
		return Value{}, false
	}
	v, ok := e.req.Context.Lookup(key)
	return v, ok && !(v.multi && len(v.many) == 0)
}

// claim finds a key that the identity provider supplied when the session
// began. Only amr has several values.
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

// global finds the global keys that follow from the principal; fromPrincipal is
// false for all other keys.
//
// Source: IAM User Guide, "AWS global condition context keys"; for the values
// by kind of principal "IAM policy elements: Variables and tags".
func (e *evaluationState) global(key string) (v Value, ok, fromPrincipal bool) {
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
		return Value{}, false, true // Daypass has no organizations and no calling services
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

func (e *evaluationState) kind() principal.Kind {
	if e.p == nil {
		return 0
	}
	return e.p.Kind
}

func (e *evaluationState) account() string {
	if e.p == nil {
		return anonymous
	}
	return e.p.Account
}

func (e *evaluationState) userID() string {
	if e.p == nil {
		return anonymous
	}
	return e.p.UserID()
}

func (e *evaluationState) provider() string {
	switch {
	case e.p == nil:
		return e.req.Provider
	case e.p.Session == nil:
		return ""
	}
	return e.p.Session.Provider
}

// session finds the keys that only temporary credentials have.
func (e *evaluationState) session(key string) (Value, bool) {
	if e.p == nil || e.p.Session == nil {
		return Value{}, false
	}
	s := e.p.Session
	if key == "aws:sourceidentity" {
		return One(s.SourceIdentity), s.SourceIdentity != ""
	}
	return One(s.IssuedAt.UTC().Format("2006-01-02T15:04:05.999Z07:00")), !s.IssuedAt.IsZero()
}

// multifactor finds the keys about a second factor. A code that came with the
// request counts before the session's. Long-term credentials have neither.
func (e *evaluationState) multifactor(key string) (Value, bool) {
	mfaAt := e.req.MFAAt
	if mfaAt.IsZero() {
		if e.p == nil || e.p.Session == nil {
			return Value{}, false
		}
		mfaAt = e.p.Session.MFAAt
	}
	if key == "aws:multifactorauthpresent" {
		return One(strconv.FormatBool(!mfaAt.IsZero())), true
	}
	now, ok := e.now()
	if !ok || mfaAt.IsZero() {
		return Value{}, false
	}
	return One(strconv.FormatInt(int64(now.Sub(mfaAt)/time.Second), 10)), true
}

// now is the request's time, taken from its context.
func (e *evaluationState) now() (time.Time, bool) {
	v, _ := e.lookup("aws:currenttime")
	return parseDate(v.one)
}
