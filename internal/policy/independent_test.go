package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"daypass/internal/principal"
)

// independentCases is how many requests are judged by both.
const independentCases = 21_000

// A comparison is one request as both judge it. The texts of its policies are
// kept for the predicates of what is known to differ.
type comparison struct {
	Principal any               `json:"principal"`
	Action    string            `json:"action"`
	Resource  string            `json:"resource"`
	Account   string            `json:"account"`
	Context   map[string]any    `json:"context"`
	Identity  []json.RawMessage `json:"identity,omitempty"`
	Boundary  json.RawMessage   `json:"boundary,omitempty"`
	Session   json.RawMessage   `json:"session,omitempty"`
	Target    json.RawMessage   `json:"target,omitempty"`

	kind    string // of the policies that were made for it
	req     *Request
	grants  *Grants
	target  *Target
	context keys
}

// A maker makes comparisons from a fixed seed.
type maker struct {
	*rand.Rand
	t *testing.T
}

func (m *maker) pick(of ...string) string { return of[m.IntN(len(of))] }

// odds reports true once in n times.
func (m *maker) odds(n int) bool { return m.IntN(n) == 0 }

// The caller and the resource of comparisons. Names have no paths and the
// federated session is named like its user, because the other evaluator sees
// nothing but ARNs.
const (
	plainAlice = "arn:aws:iam::111122223333:user/Alice"
	plainFed   = "arn:aws:sts::111122223333:federated-user/Alice"
	trustedARN = "arn:aws:iam::111122223333:role/Builder"
	scopedARN  = "arn:aws:codeartifact:us-east-1:111122223333:package/d/r/npm/acme/tool" // theirs wants a namespace
	issuerARN  = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
)

func (m *maker) caller() *principal.Principal {
	account := m.pick(owner, owner, third)
	switch m.IntN(9) {
	case 0:
		return nil
	case 1:
		return root(account)
	case 2, 3, 4:
		return ops(account)
	case 5:
		p := fed(account)
		p.Path, p.SessionName = "/", "Alice"
		return p
	}
	p := alice(account)
	p.Path = "/"
	return p
}

// A sort of condition key: what operators fit it, what a request may have for
// it, and what a policy may compare it with.
type keySort struct {
	key       string
	operators []string
	request   []string
	policy    []string
	many      bool
}

var keySorts = []keySort{
	{key: "aws:RequestTag/text", operators: []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
		request: []string{"core", "Core", "core-1", "c", "", "a*b", "${x}"},
		policy:  []string{"core", "CORE", "core*", "c?re", "*", "", "c", "a${*}b", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/none, 'core'}", "${aws:PrincipalTag/none}", "*-${aws:PrincipalTag/team}"}},
	{key: "aws:PrincipalTag/team", operators: []string{"StringEquals", "StringLike", "StringNotEquals"}, request: []string{"core", "1"}, policy: []string{"core", "1", "c*", "${aws:RequestTag/text}"}},
	{key: "aws:RequestTag/number", operators: []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
		request: []string{"10", "10.0", "9", "11", "-3", "0", "0.5", "ten"}, policy: []string{"10", "9.5", "0", "-3", "11", "0.50"}},
	{key: "aws:RequestTag/date", operators: []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
		request: []string{"2026-11-01T10:00:00Z", "2026-11-01", "2026-12-31T23:59:59Z", "1793527200", "2026", "soon"},
		policy:  []string{"2026-11-01T10:00:00Z", "2026-11-01T12:00:00+02:00", "2026-11-01", "2026-12-31T23:59:59Z", "2026-11", "1793527200", "2026"}},
	{key: "aws:RequestTag/bool", operators: []string{"Bool"}, request: []string{"true", "false", "True", "yes"}, policy: []string{"true", "false", "TRUE"}},
	{key: "aws:RequestTag/binary", operators: []string{"BinaryEquals"}, request: []string{"QQ==", "QUI=", "A"}, policy: []string{"QQ==", "QUI="}},
	{key: "aws:RequestTag/ip", operators: []string{"IpAddress", "NotIpAddress"},
		request: []string{"203.0.113.7", "203.0.114.7", "2001:db8::7", "2001:db8:0:0:0:0:0:7", "::ffff:203.0.113.7", "home"},
		policy:  []string{"203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "2001:db8::7", "0.0.0.0/0", "::/0"}},
	{key: "aws:RequestTag/arn", operators: []string{"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"},
		request: []string{plainAlice, opsARN, "arn:aws:sns:us-east-1:111122223333:a:b", "arn:aws:s3:::b/k", "alice"},
		policy:  []string{plainAlice, "arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:role/Op?", "arn:*:sns:*:*:*", "arn:aws:sns:us-east-1:111122223333:a*", "arn:aws:iam::*:user/${aws:PrincipalTag/team}"}},
	{key: "aws:TagKeys", operators: []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"}, many: true,
		request: []string{"env", "cost", "Env", "x"}, policy: []string{"env", "cost", "e*", "ENV", "*"}},
}

// has chooses what the request has; some keys it has not.
func (m *maker) has() keys {
	context := keys{}
	for _, k := range keySorts {
		switch {
		case strings.HasPrefix(k.key, "aws:PrincipalTag/") || m.odds(4):
		case k.many:
			var values []string
			for range m.IntN(4) {
				values = append(values, m.pick(k.request...))
			}
			context[strings.ToLower(k.key)] = Many(values)
		default:
			context[strings.ToLower(k.key)] = One(m.pick(k.request...))
		}
	}
	return context
}

// oneOf writes one value, or an array of some.
func (m *maker) oneOf(values ...string) any {
	if !m.odds(3) {
		return m.pick(values...)
	}
	list := []string{m.pick(values...)}
	for range m.IntN(2) {
		list = append(list, m.pick(values...))
	}
	return list
}

func (m *maker) conditions() map[string]any {
	all := map[string]any{}
	for range m.IntN(3) {
		k := keySorts[m.IntN(len(keySorts))]
		operator := m.pick(k.operators...)
		set := ""
		if k.many && !m.odds(6) || m.odds(12) {
			set = m.pick("ForAllValues:", "ForAnyValue:")
		}
		if m.odds(4) {
			operator += "IfExists"
		}
		values := m.oneOf(k.policy...)
		if m.odds(8) {
			set, operator, values = "", "Null", m.pick("true", "false")
		}
		inner, _ := all[set+operator].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			all[set+operator] = inner
		}
		inner[k.key] = values
	}
	return all
}

func (m *maker) statement(kind Type) map[string]any {
	s := map[string]any{"Effect": m.pick("Allow", "Allow", "Allow", "Deny")}
	actions := []string{"*", "*", "codeartifact:*", "codeartifact:*", "codeartifact:Read*", "CodeArtifact:readfromrepository", "codeartifact:R?adFromRepository", "codeartifact:List*", "codeartifact:PublishPackageVersion", "iam:*", "sts:*"}
	resources := []string{"*", "*", "*", "arn:aws:codeartifact:*", "arn:aws:codeartifact:us-east-1:111122223333:*", "arn:aws:codeartifact:*:*:repository/d/*", repoARN, repoARN, domainARN, scopedARN,
		"arn:aws:codeartifact:us-*:111122223333:package/d/r/*", "arn:aws:codeartifact:us-east-1:111122223333:repository/d/${aws:PrincipalTag/team}*", "arn:aws:codeartifact:us-east-1:111122223333:repos*/d/r",
		"arn:aws:codeartifact:us-east-1:1111222?3333:repository/?/r", "arn:aws:iam::111122223333:user/*"}
	if kind == Trust {
		actions = []string{"sts:AssumeRole", "sts:AssumeRole", "sts:*", "sts:AssumeRole*", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"}
	}
	s[m.negated("Action", 8)] = m.oneOf(actions...)
	if kind != Trust {
		s[m.negated("Resource", 8)] = m.oneOf(resources...)
	}
	if kind.namesPrincipals() {
		m.principal(s, kind)
	}
	if c := m.conditions(); len(c) > 0 {
		s["Condition"] = c
	}
	return s
}

func (m *maker) negated(element string, n int) string {
	if m.odds(n) {
		return "Not" + element
	}
	return element
}

func (m *maker) principal(s map[string]any, kind Type) {
	element := "Principal"
	if s["Effect"] == "Deny" && kind == Resource && m.odds(3) {
		element = "NotPrincipal"
	}
	whom := []string{"*", "*", "*", owner, third, rootARN, plainAlice, opsARN, sessionARN, plainFed, strings.ReplaceAll(plainAlice, owner, third), strings.ReplaceAll(opsARN, owner, third), strings.ReplaceAll(sessionARN, owner, third)}
	switch {
	case kind == Trust && m.odds(3):
		s[element] = map[string]any{"Federated": issuerARN}
	case m.odds(4) && element == "Principal":
		s[element] = "*"
	default:
		s[element] = map[string]any{"AWS": m.oneOf(whom...)}
	}
}

// policy makes a document and compiles it.
func (m *maker) policy(kind Type) (json.RawMessage, *Policy) {
	m.t.Helper()
	d := map[string]any{"Version": "2012-10-17"}
	if m.odds(40) {
		d["Version"] = "2008-10-17"
	}
	var statements []any
	for range 1 + m.IntN(2) {
		statements = append(statements, m.statement(kind))
	}
	d["Statement"] = statements
	text, err := json.Marshal(d)
	if err != nil {
		m.t.Fatal(err)
	}
	p, err := Parse("p", string(text), kind)
	if err != nil {
		m.t.Fatalf("%v: %s", err, text)
	}
	return text, p
}

func (m *maker) comparison() *comparison {
	c := &comparison{Action: readAction, Resource: repoARN, Account: owner, context: m.has(), grants: &Grants{}, target: &Target{Account: owner}}
	caller := m.caller()
	c.kind = "resource"
	switch m.IntN(6) {
	case 0:
		c.Action, c.Resource = "codeartifact:PublishPackageVersion", scopedARN
	case 1:
		c.Action, c.Resource, c.kind = "codeartifact:ListRepositories", "*", "account"
		if caller == nil {
			caller = ops(owner)
		}
		c.Account = caller.Account
	case 2:
		c.Action, c.Resource, c.kind = "sts:AssumeRole", trustedARN, "trust"
		c.target.Trust = true
		if caller == nil {
			c.Action = "sts:AssumeRoleWithWebIdentity"
		}
	}
	c.target.Account = c.Account
	c.req = &Request{Principal: caller, Action: c.Action, Resource: c.Resource, Context: c.context}
	switch {
	case caller == nil && c.kind == "trust":
		c.req.Provider, c.Principal = issuerARN, issuerARN
	case caller == nil:
		c.Principal = map[string]string{"type": "Anonymous"}
	default:
		c.Principal = caller.ARN()
		m.own(c, caller)
	}
	if c.kind == "trust" || c.kind == "resource" && !m.odds(3) {
		kind := map[string]Type{"trust": Trust, "resource": Resource}[c.kind]
		text, p := m.policy(kind)
		c.Target, c.target.Policies = text, []*Policy{p}
	}
	c.Context = map[string]any{}
	for _, k := range keySorts {
		if v, ok := c.req.Lookup(strings.ToLower(k.key)); ok {
			c.Context[k.key] = v.one
			if v.multi {
				c.Context[k.key] = v.many
			}
		}
	}
	return c
}

// own makes the policies of the caller's own account.
func (m *maker) own(c *comparison, caller *principal.Principal) {
	if m.odds(2) {
		caller.Tags = map[string]string{"team": m.pick("core", "r", "1")}
	}
	if caller.Kind != principal.Root {
		for range m.IntN(4) {
			text, p := m.policy(Identity)
			c.Identity, c.grants.Identity = append(c.Identity, text), append(c.grants.Identity, p)
		}
	}
	if caller.Kind != principal.Root && m.odds(5) {
		c.Boundary, c.grants.Boundary = m.policy(Boundary)
		caller.Boundary = true
	}
	if (caller.Kind == principal.Role || caller.Kind == principal.Federated) && m.odds(3) {
		text, p := m.policy(Session)
		c.Session, c.grants.Session = text, []*Policy{p}
	}
}

// texts are all policies of a comparison.
func (c *comparison) texts() []string {
	texts := []string{string(c.Boundary), string(c.Session), string(c.Target)}
	for _, p := range c.Identity {
		texts = append(texts, string(p))
	}
	return texts
}

// everyOperator checks that the comparisons have every operator in every form.
func everyOperator(t *testing.T, all []*comparison) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range all {
		c.about(func(_ *evaluationState, s *statement) bool {
			for i := range s.conditions {
				seen[strings.ToLower(s.conditions[i].name)] = true
			}
			return false
		})
	}
	for name := range operators {
		forms := []string{name, name + "ifexists", "forallvalues:" + name, "foranyvalue:" + name, "forallvalues:" + name + "ifexists", "foranyvalue:" + name + "ifexists"}
		if name == "null" {
			forms = forms[:1]
		}
		for _, form := range forms {
			if !seen[form] {
				t.Errorf("no case has %s", form)
			}
		}
	}
}

func verdict(d Decision) string {
	switch {
	case d.Allowed:
		return "Allowed"
	case d.Explicit:
		return "ExplicitlyDenied"
	}
	return "ImplicitlyDenied"
}

// evaluator finds the other evaluator.
func evaluator(t *testing.T) (string, string) {
	t.Helper()
	node, folder := os.Getenv("DAYPASS_TEST_NODE"), os.Getenv("DAYPASS_TEST_IAM_SIMULATE")
	if node == "" || folder == "" {
		if os.Getenv("DAYPASS_TEST_REQUIRE") == "all" {
			t.Fatal("the comparison needs node and @cloud-copilot/iam-simulate: scripts/install-clients installs it")
		}
		t.Skip("needs node and @cloud-copilot/iam-simulate: scripts/install-clients installs it")
	}
	return node, folder
}

// judged runs the other evaluator on all comparisons.
func judged(t *testing.T, node, folder string, all []*comparison) []string {
	t.Helper()
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, c := range all {
		err := encoder.Encode(c)
		if err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), node, "testdata/independent.mjs", folder)
	command.Stdin, command.Stderr = &in, os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		verdicts = append(verdicts, lines.Text())
	}
	if len(verdicts) != len(all) {
		t.Fatalf("%d verdicts for %d requests", len(verdicts), len(all))
	}
	return verdicts
}

func TestAnIndependentEvaluatorAgrees(t *testing.T) {
	t.Parallel()
	node, folder := evaluator(t)
	m := &maker{rand.New(rand.NewPCG(2026, 11)), t}
	all := make([]*comparison, independentCases)
	for i := range all {
		all[i] = m.comparison()
	}
	everyOperator(t, all)
	verdicts := judged(t, node, folder, all)
	counts := map[string]int{}
	shown := 0
	for i, c := range all {
		ours := verdict(Evaluate(c.req, c.grants, c.target))
		if ours == verdicts[i] {
			counts["agrees: "+ours]++
			continue
		}
		if why := c.known(ours, verdicts[i]); why != "" {
			counts["differs as recorded: "+why]++
			continue
		}
		counts["differs: "+ours+" "+verdicts[i][:min(len(verdicts[i]), 100)]]++
		if shown++; shown <= 5 {
			line, _ := json.Marshal(c)
			t.Errorf("ours %s, theirs %s: %s", ours, verdicts[i], line)
		}
	}
	var report []string
	for what, n := range counts {
		report = append(report, fmt.Sprintf("%6d %s", n, what))
	}
	slices.Sort(report)
	t.Log("\n" + strings.Join(report, "\n"))
	for _, d := range differences {
		if counts["differs as recorded: "+d.name] == 0 {
			t.Errorf("no case of %q: either it no longer differs, or nothing covers it", d.name)
		}
	}
}

// A difference is a kind of disagreement that has been settled from AWS's
// documentation, see docs/decisions/009-policies-beside-an-independent-evaluator.md. Holds
// is as narrow as the kind.
type difference struct {
	name  string
	holds func(c *comparison, ours, theirs string) bool
}

func (c *comparison) known(ours, theirs string) string {
	for _, d := range differences {
		if d.holds(c, ours, theirs) {
			return d.name
		}
	}
	return ""
}

// about calls fn for the statements that are about the action, until it
// returns true.
func (c *comparison) about(fn func(e *evaluationState, s *statement) bool) bool {
	e := &evaluationState{req: c.req, p: c.req.Principal, steps: math.MaxInt}
	e.service, e.name = splitAction(c.req.Action, nil)
	policies := slices.Concat(c.grants.Identity, c.grants.Session, c.target.Policies)
	if c.grants.Boundary != nil {
		policies = append(policies, c.grants.Boundary)
	}
	for _, p := range policies {
		for i := range p.statements {
			s := &p.statements[i]
			if s.actions.match(e) == fits && fn(e, s) {
				return true
			}
		}
	}
	return false
}

// onCondition holds of comparisons with a condition that counts, of which fn
// holds; v is what the request has.
func onCondition(fn func(e *evaluationState, cond *condition, v Value, ok bool) bool) func(*comparison, string, string) bool {
	return func(c *comparison, _, _ string) bool {
		return c.about(func(e *evaluationState, s *statement) bool {
			return s.resources.match(e) == fits && slices.ContainsFunc(s.conditions, func(cond condition) bool {
				v, ok := e.lookup(cond.key)
				return fn(e, &cond, v, ok)
			})
		})
	}
}

// variables calls fn for the variables of patterns.
func variables(e *evaluationState, patterns []pattern, fn func(v Value, ok, defaulted bool) bool) bool {
	for i := range patterns {
		for _, t := range patterns[i].variables {
			v, ok := e.lookup(t.key)
			if fn(v, ok, t.defaulted) {
				return true
			}
		}
	}
	return false
}

var differences = []difference{
	{"the root user has full access in its own account", func(c *comparison, ours, theirs string) bool {
		p := c.req.Principal
		return p != nil && p.Kind == principal.Root && ours == "Allowed" && theirs == "ImplicitlyDenied"
	}},
	{"a federated session without a session policy has nothing of its user's", func(c *comparison, ours, theirs string) bool {
		p := c.req.Principal
		return p != nil && p.Kind == principal.Federated && c.Session == nil && ours == "ImplicitlyDenied" && theirs == "Allowed"
	}},
	{"a wildcard may stand in the type of a resource", func(c *comparison, _, _ string) bool {
		return c.Resource == repoARN && c.about(func(_ *evaluationState, s *statement) bool {
			return slices.ContainsFunc(s.resources.texts, func(text string) bool { return strings.Contains(text, ":repos*/") })
		})
	}},
	{"a variable without a value: negated operators hold", onCondition(func(e *evaluationState, cond *condition, _ Value, ok bool) bool {
		return ok && cond.negated && variables(e, cond.patterns, func(v Value, ok, defaulted bool) bool { return !ok && !defaulted })
	})},
	{"${*} is an asterisk where wildcards are none, too", onCondition(func(_ *evaluationState, cond *condition, v Value, ok bool) bool {
		return ok && cond.family <= ignoringCase && !cond.wildcards && slices.ContainsFunc(cond.texts, func(s string) bool { return strings.Contains(s, "${*}") })
	})},
	{"who comes from an identity provider is of no account yet", func(c *comparison, ours, theirs string) bool {
		return c.req.Provider != "" && c.about(func(_ *evaluationState, s *statement) bool {
			return slices.ContainsFunc(s.principals.list, func(w principalEntry) bool { return w.kind == account && w.account == owner })
		})
	}},
	{"everybody is nobody whom a provider vouches for", func(c *comparison, ours, theirs string) bool {
		return c.req.Provider != "" && ours == "ImplicitlyDenied" && theirs == "Allowed" && c.about(func(_ *evaluationState, s *statement) bool {
			return slices.ContainsFunc(s.principals.list, func(w principalEntry) bool { return w.kind == everyone })
		})
	}},
	{"a variable may have an empty value", onCondition(func(e *evaluationState, cond *condition, _ Value, _ bool) bool {
		return variables(e, cond.patterns, func(v Value, ok, _ bool) bool { return ok && v.one == "" })
	})},
	{"a date may be seconds since 1970, or a year", onCondition(func(_ *evaluationState, cond *condition, v Value, ok bool) bool {
		isDigits := func(s string) bool { return all(s, isDigit) }
		return ok && cond.family == dates && (slices.ContainsFunc(cond.texts, isDigits) || isDigits(v.one))
	})},
	{"ForAnyValue with IfExists denies without the key, and does not allow", func(c *comparison, ours, theirs string) bool {
		return ours == "ExplicitlyDenied" && onCondition(func(_ *evaluationState, cond *condition, _ Value, ok bool) bool {
			return !ok && cond.ifExists && cond.quantifier == forAny
		})(c, ours, theirs)
	}},
	{"a bare address is a network of one address", onCondition(func(_ *evaluationState, cond *condition, v Value, ok bool) bool {
		return ok && cond.family == networks && slices.ContainsFunc(cond.texts, func(s string) bool { return !strings.Contains(s, "/") })
	})},
	{"an IPv4 address written as IPv6 is one of IPv4", onCondition(func(_ *evaluationState, cond *condition, v Value, ok bool) bool {
		return ok && cond.family == networks && strings.HasPrefix(v.one, "::ffff:")
	})},
	{"a network of /0 has every address of its version", onCondition(func(_ *evaluationState, cond *condition, _ Value, ok bool) bool {
		return ok && cond.family == networks && slices.Contains(cond.texts, "0.0.0.0/0")
	})},
	{"variables are text in policies of 2008", func(c *comparison, _, _ string) bool {
		return slices.ContainsFunc(c.texts(), func(text string) bool { return strings.Contains(text, version2008) && strings.Contains(text, "${") })
	}},
	{"NotResource with a variable without a value matches nothing", func(c *comparison, _, _ string) bool {
		return c.about(func(e *evaluationState, s *statement) bool {
			return s.resources.not && variables(e, s.resources.patterns, func(_ Value, ok, defaulted bool) bool { return !ok && !defaulted })
		})
	}},
	{"NotResource with the beginning of an ARN is about all that begins otherwise", func(c *comparison, _, _ string) bool {
		return c.about(func(e *evaluationState, s *statement) bool {
			return s.resources.not && s.resources.match(e) == fits && slices.ContainsFunc(s.resources.texts, func(text string) bool { return strings.HasPrefix(text, "arn:") && strings.Count(text, ":") < arnColons })
		})
	}},
	{"NotPrincipal spares only who is named in full", func(c *comparison, ours, theirs string) bool {
		return ours == "ExplicitlyDenied" && c.about(func(e *evaluationState, s *statement) bool {
			return s.principals != nil && s.principals.not && s.denyNamesCaller(e) && s.applies(e)
		})
	}},
	{"a grant to a session overcomes that its session policy is silent", func(c *comparison, ours, theirs string) bool {
		e := &evaluationState{req: c.req, p: c.req.Principal, steps: math.MaxInt}
		e.service, e.name = splitAction(c.req.Action, nil)
		_, named, _ := e.scanTarget(c.target.Policies)
		return ours == "Allowed" && theirs == "ImplicitlyDenied" && c.Session != nil && named == namedItself
	}},
}
