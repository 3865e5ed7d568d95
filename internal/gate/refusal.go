package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"daypass/internal/policy"
)

// A Refusal is a judgement that said no, kept for whoever may ask why.
type Refusal struct {
	request policy.Request
	grants  *policy.Grants
	target  policy.Target
}

// Because tells in one sentence what refused, for logs.
func (r *Refusal) Because() string {
	return policy.Evaluate(&r.request, r.grants, &r.target).Sentence(r.request.Action)
}

// Message tells the refusal in the shape of a decoded authorization message of
// STS, in at most limit bytes of JSON, and to which account it may be told: that
// of whoever was refused. It is empty if that is nobody, or if the names alone
// do not fit. Of the policies and tags of another account it says nothing.
//
// Source: STS API reference, DecodeAuthorizationMessage; the shape is that of
// the example in its CLI reference. Of failures AWS shows none.
func (r *Refusal) Message(limit int) (account, content string) {
	p := r.request.Principal
	if p == nil {
		return "", ""
	}
	told, x := explain(&r.request, p.Account, r.grants, &r.target)
	m := decoded{Explicit: x.Decision.Explicit, Context: r.context(told)}
	m.Context.Principal = who{ID: p.UserID(), Name: p.Name, ARN: p.ARN()}
	for _, reading := range x.Policies {
		for i := range reading.Statements {
			switch f := &reading.Statements[i]; {
			case f.Matches() && len(m.Matched.Items) < mostItems:
				m.Matched.Items = append(m.Matched.Items, show(reading, f))
			case f.Near() && len(m.Failures.Items) < mostItems:
				m.Failures.Items = append(m.Failures.Items, missed{Policy: reading.Policy, Statement: statementID(f), Effect: effect(f), Reason: f.Why()})
			}
		}
	}
	return p.Account, m.within(limit)
}

// The parts of a decoded message.
type (
	decoded struct {
		Allowed  bool           `json:"allowed"`
		Explicit bool           `json:"explicitDeny"`
		Matched  items[matched] `json:"matchedStatements"`
		Failures items[missed]  `json:"failures"`
		Context  asked          `json:"context"`
	}
	matched struct {
		Policy     string       `json:"policy,omitempty"`
		Statement  string       `json:"statementId"`
		Effect     string       `json:"effect"`
		Principals items[value] `json:"principals"`
		Groups     items[value] `json:"principalGroups"`
		Actions    items[value] `json:"actions"`
		Resources  items[value] `json:"resources"`
		Conditions items[keyed] `json:"conditions"`
	}
	missed struct {
		Policy    string `json:"policy,omitempty"`
		Statement string `json:"statementId"`
		Effect    string `json:"effect"`
		Reason    string `json:"reason"`
	}
	asked struct {
		Principal  who          `json:"principal"`
		Action     string       `json:"action"`
		Resource   string       `json:"resource"`
		Conditions items[keyed] `json:"conditions"`
	}
	who struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
		ARN  string `json:"arn"`
	}
	keyed struct {
		Key    string       `json:"key"`
		Values items[value] `json:"values"`
	}
	value struct {
		Value string `json:"value"`
	}
)

// items is how lists are written; an empty one is not null.
type items[T any] struct{ Items []T }

func (l items[T]) MarshalJSON() ([]byte, error) {
	if l.Items == nil {
		l.Items = []T{}
	}
	return json.Marshal(map[string][]T{"items": l.Items})
}

func valuesOf(texts []string) items[value] {
	var l items[value]
	for _, text := range texts {
		l.Items = append(l.Items, value{text})
	}
	return l
}

func show(r policy.PolicyFindings, f *policy.Finding) matched {
	m := matched{Policy: r.Policy, Statement: statementID(f), Effect: effect(f)}
	for _, e := range f.Elements {
		switch e.Name {
		case "Principal":
			m.Principals = valuesOf(e.Values)
		case "Action":
			m.Actions = valuesOf(e.Values)
		case "Resource":
			m.Resources = valuesOf(e.Values)
		case "Condition":
			m.Conditions.Items = append(m.Conditions.Items, keyed{e.Operator + " " + e.Key, valuesOf(e.Values)})
		}
	}
	return m
}

func statementID(f *policy.Finding) string {
	if f.Sid == "" {
		return fmt.Sprint(f.Number)
	}
	return f.Sid
}

func effect(f *policy.Finding) string {
	if f.Deny {
		return "DENY"
	}
	return "ALLOW"
}

// context tells the request, with those condition keys that the caller's own
// policies ask for.
func (r *Refusal) context(told *policy.Request) asked {
	a := asked{Action: r.request.Action, Resource: r.request.Resource}
	own := append(slices.Clone(r.grants.Identity), r.grants.Session...)
	if r.grants.Boundary != nil {
		own = append(own, r.grants.Boundary)
	}
	for _, key := range policy.ContextKeys(own) {
		v, ok := told.Lookup(strings.ToLower(key))
		if ok {
			texts, _ := v.Strings()
			a.Conditions.Items = append(a.Conditions.Items, keyed{key, valuesOf(texts)})
		}
		if len(a.Conditions.Items) == mostItems {
			break
		}
	}
	return a
}

// mostItems is how much of each list a message tells, so that only few texts are
// made.
const mostItems = 8

// within returns the message with as much as fits of what it could do without.
func (m *decoded) within(limit int) string {
	for {
		text, err := json.Marshal(m)
		switch {
		case err != nil:
			return "" // strings and booleans always can be written
		case len(text) <= limit:
			return string(text)
		case m.Failures.cut(len(m.Failures.Items) - 1):
		case m.Context.Conditions.cut(len(m.Context.Conditions.Items) - 1):
		case m.Matched.cut(len(m.Matched.Items) - 1):
		default:
			return ""
		}
	}
}

// cut leaves at most n items, and reports whether n is a number of items.
func (l *items[T]) cut(n int) bool {
	if n < 0 {
		return false
	}
	l.Items = l.Items[:min(n, len(l.Items))]
	return true
}
