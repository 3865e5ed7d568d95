package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"daypass/internal/policy"
)

// A Refusal is a denied request with its policies, to explain the decision later.
type Refusal struct {
	request policy.Request
	grants  *policy.Grants
	target  policy.Target
}

// Because returns in one sentence what denied the request, for logs.
func (r *Refusal) Because() string {
	return policy.Evaluate(&r.request, r.grants, &r.target).Sentence(r.request.Action)
}

// Message returns the refusal as a decoded authorization message of STS, in at most
// limit bytes of JSON, and the account whose principals may read it: the caller's. It
// is empty for an anonymous caller, or if the names alone do not fit. It leaves out
// the policies and tags of other accounts.
//
// Source: STS API reference, DecodeAuthorizationMessage; the members are those of
// the example in its CLI reference. AWS has no member failures.
func (r *Refusal) Message(limit int) (account, content string) {
	p := r.request.Principal
	if p == nil {
		return "", ""
	}
	visible, x := explain(&r.request, p.Account, r.grants, &r.target)
	m := decodedMessage{Explicit: x.Decision.Explicit, Context: r.context(visible)}
	m.Context.Principal = principalFields{ID: p.UserID(), Name: p.Name, ARN: p.ARN()}
	for _, reading := range x.Policies {
		for i := range reading.Statements {
			switch f := &reading.Statements[i]; {
			case f.Matches() && len(m.Matched.Items) < maxItems:
				m.Matched.Items = append(m.Matched.Items, newMatchedStatement(reading, f))
			case f.Near() && len(m.Failures.Items) < maxItems:
				m.Failures.Items = append(m.Failures.Items, nearMiss{Policy: reading.Policy, Statement: statementID(f), Effect: effect(f), Reason: f.Why()})
			}
		}
	}
	return p.Account, m.encode(limit)
}

// The parts of a decoded message.
type (
	decodedMessage struct {
		Allowed  bool                    `json:"allowed"`
		Explicit bool                    `json:"explicitDeny"`
		Matched  items[matchedStatement] `json:"matchedStatements"`
		Failures items[nearMiss]         `json:"failures"`
		Context  requestContext          `json:"context"`
	}
	matchedStatement struct {
		Policy     string           `json:"policy,omitempty"`
		Statement  string           `json:"statementId"`
		Effect     string           `json:"effect"`
		Principals items[value]     `json:"principals"`
		Groups     items[value]     `json:"principalGroups"`
		Actions    items[value]     `json:"actions"`
		Resources  items[value]     `json:"resources"`
		Conditions items[keyValues] `json:"conditions"`
	}
	nearMiss struct {
		Policy    string `json:"policy,omitempty"`
		Statement string `json:"statementId"`
		Effect    string `json:"effect"`
		Reason    string `json:"reason"`
	}
	requestContext struct {
		Principal  principalFields  `json:"principal"`
		Action     string           `json:"action"`
		Resource   string           `json:"resource"`
		Conditions items[keyValues] `json:"conditions"`
	}
	principalFields struct {
		ID   string `json:"id"`
		Name string `json:"name,omitempty"`
		ARN  string `json:"arn"`
	}
	keyValues struct {
		Key    string       `json:"key"`
		Values items[value] `json:"values"`
	}
	value struct {
		Value string `json:"value"`
	}
)

// items is a list as STS writes it. An empty one is not null.
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

func newMatchedStatement(r policy.PolicyFindings, f *policy.Finding) matchedStatement {
	m := matchedStatement{Policy: r.Policy, Statement: statementID(f), Effect: effect(f)}
	for _, e := range f.Elements {
		switch e.Name {
		case "Principal":
			m.Principals = valuesOf(e.Values)
		case "Action":
			m.Actions = valuesOf(e.Values)
		case "Resource":
			m.Resources = valuesOf(e.Values)
		case "Condition":
			m.Conditions.Items = append(m.Conditions.Items, keyValues{e.Operator + " " + e.Key, valuesOf(e.Values)})
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

// context returns the request with the condition keys that the caller's own policies
// ask for.
func (r *Refusal) context(visible *policy.Request) requestContext {
	a := requestContext{Action: r.request.Action, Resource: r.request.Resource}
	own := append(slices.Clone(r.grants.Identity), r.grants.Session...)
	if r.grants.Boundary != nil {
		own = append(own, r.grants.Boundary)
	}
	for _, key := range policy.ContextKeys(own) {
		v, ok := visible.Lookup(strings.ToLower(key))
		if ok {
			texts, _ := v.Strings()
			a.Conditions.Items = append(a.Conditions.Items, keyValues{key, valuesOf(texts)})
		}
		if len(a.Conditions.Items) == maxItems {
			break
		}
	}
	return a
}

// maxItems bounds each list of a message, and so the work of making it.
const maxItems = 8

// encode returns the message as JSON. It drops the last items of its lists until the
// message fits.
func (m *decodedMessage) encode(limit int) string {
	for {
		text, err := json.Marshal(m)
		switch {
		case err != nil:
			return "" // strings and booleans can always be encoded
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
