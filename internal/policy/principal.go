package policy

import (
	"strings"

	"daypass/internal/arn"
	"daypass/internal/principal"
)

// An entryKind is one of the ways to name a principal.
type entryKind uint8

const (
	everyone  entryKind = iota // *
	account                    // 12 digits, or the ARN of the account's root
	userARN                    // arn:aws:iam::A:user/path/name
	roleARN                    // arn:aws:iam::A:role/path/name
	sessionOf                  // arn:aws:sts::A:assumed-role/role/session
	federated                  // arn:aws:sts::A:federated-user/name
	userID                     // AIDA…
	roleID                     // AROA…
	provider                   // an identity provider
	service                    // a service; none of them calls Daypass
)

// A principalEntry is one value of a Principal element, split into parts so that
// a comparison builds no strings.
type principalEntry struct {
	kind    entryKind
	text    string // as in the document
	account string
	name    string // a user's or role's, with its path; for a session its role's
	session string
	id      string // the unique id; for an ARN only once it is pinned
}

// principals is a Principal or NotPrincipal element.
type principals struct {
	list []principalEntry
	not  bool
}

func (ps *principals) pin(ids map[string]string) *principals {
	pinned := &principals{list: make([]principalEntry, len(ps.list)), not: ps.not}
	for i, w := range ps.list {
		if w.kind == userARN || w.kind == roleARN {
			w.id = ids[w.text]
		}
		pinned.list[i] = w
	}
	return pinned
}

// A grade says how closely an Allow of a resource's policy names a principal.
// The grade tells which implicit denies of the principal's own policies the Allow
// overcomes. Each grade also overcomes what the lower ones do.
//
// Source: IAM User Guide, "Policy evaluation logic", on resource-based policies.
type grade uint8

const (
	unnamed     grade = iota
	delegated         // the account is named: its own policies decide
	namedRole         // overcomes a missing Allow of the identity-based policies
	namedUser         // also that of the permissions boundary
	namedItself       // also that of the session policies
)

// grade tells how the element names the caller.
func (ps *principals) grade(e *evaluationState) grade {
	best := unnamed
	for i := range ps.list {
		best = max(best, ps.list[i].grade(e))
	}
	return best
}

// names reports whether an identity provider is on the list.
func (ps *principals) names(providerARN string) bool {
	for i := range ps.list {
		if ps.list[i].kind == provider && ps.list[i].text == providerARN {
			return true
		}
	}
	return false
}

func (w *principalEntry) grade(e *evaluationState) grade {
	p := e.p
	switch {
	case w.kind == everyone:
		return namedItself
	case p == nil && w.kind == provider && w.text == e.req.Provider:
		return namedItself
	case p == nil:
		return unnamed
	case w.kind == account && w.account == p.Account:
		return delegated
	}
	switch p.Kind {
	case principal.User:
		if w.isUser(p) {
			return namedUser
		}
	case principal.Role:
		if w.isSession(p) {
			return namedItself
		}
		if w.isRole(p) {
			return namedRole
		}
	case principal.Federated:
		if w.isFederated(p) {
			return namedItself
		}
		if w.isUser(p) { // the user who made the session
			return namedRole
		}
	}
	return unnamed
}

// isUser reports whether the entry names the user who is p, or who made p.
func (w *principalEntry) isUser(p *principal.Principal) bool {
	return w.kind == userID && w.id == p.ID || w.kind == userARN && w.isNamed(p)
}

func (w *principalEntry) isRole(p *principal.Principal) bool {
	return w.kind == roleID && w.id == p.ID || w.kind == roleARN && w.isNamed(p)
}

// isNamed compares the path and name of an IAM ARN.
func (w *principalEntry) isNamed(p *principal.Principal) bool {
	if w.id != "" {
		return w.id == p.ID
	}
	name, ok := strings.CutPrefix(w.name, p.Path)
	return ok && p.Name != "" && name == p.Name && w.account == p.Account
}

func (w *principalEntry) isSession(p *principal.Principal) bool {
	return w.kind == sessionOf && w.account == p.Account && w.name == p.Name && w.session == p.SessionName
}

func (w *principalEntry) isFederated(p *principal.Principal) bool {
	return w.kind == federated && w.account == p.Account && w.session == p.SessionName
}

// exempts reports whether a NotPrincipal element excludes the caller from a Deny.
// The element must name everything that the caller is: the account; the user or
// the role; and the session. A caller with a permissions boundary is never
// excluded.
//
// Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
func (ps *principals) exempts(e *evaluationState) bool {
	p := e.p
	if p != nil && p.Boundary {
		return false
	}
	var everybody, itsAccount, itsRole, itself bool
	for i := range ps.list {
		w := &ps.list[i]
		everybody = everybody || w.kind == everyone
		if p == nil {
			continue
		}
		itsAccount = itsAccount || w.kind == account && w.account == p.Account
		itsRole = itsRole || p.Kind != principal.Role || w.isRole(p)
		itself = itself || w.namesExactly(p)
	}
	return everybody || itsAccount && itsRole && itself
}

// namesExactly reports whether the entry names the caller most closely.
func (w *principalEntry) namesExactly(p *principal.Principal) bool {
	switch p.Kind {
	case principal.User:
		return w.isUser(p)
	case principal.Role:
		return w.isSession(p)
	case principal.Federated:
		return w.isFederated(p)
	}
	return w.kind == account && w.account == p.Account
}

// principals compiles the Principal or NotPrincipal element.
func (c *compiler) principals(found *statementElements, deny bool) (*principals, *SyntaxError) {
	element := elementName("Principal", found.notPrincipal)
	switch {
	case !c.kind.namesPrincipals() && found.principal != nil:
		return nil, problem("%s is not allowed in %s %v", element, types[c.kind].article, c.kind).withPhrase("Policy document should not specify a principal.")
	case !c.kind.namesPrincipals():
		return nil, nil
	case found.principal == nil:
		return nil, problem("Principal is missing: expected whom the statement is about").withPhrase("Missing required field Principal")
	case found.notPrincipal && c.kind == Trust:
		return nil, problem("NotPrincipal is not allowed in a %v", c.kind)
	case found.notPrincipal && !deny:
		return nil, problem("NotPrincipal is not allowed with Effect \"Allow\": expected Principal")
	}
	list, err := c.principalEntries(found.principal)
	if err != nil {
		return nil, within(element, err)
	}
	return &principals{list: list, not: found.notPrincipal}, nil
}

func (c *compiler) principalEntries(n *node) ([]principalEntry, *SyntaxError) {
	if n.shape == isString && n.text == "*" {
		return []principalEntry{{kind: everyone, text: "*"}}, nil
	}
	if n.shape != isObject || len(n.names) == 0 {
		return nil, problem("%s is not a principal: expected \"*\" or an object such as {\"AWS\": \"111122223333\"}", show(n))
	}
	var list []principalEntry
	for i, class := range n.names {
		parse := c.parser(class)
		if parse == nil {
			return nil, problem("%s is not a kind of principal here: expected %s", quote(class), c.classes())
		}
		values, err := texts(&n.items[i])
		if err != nil {
			return nil, within(class, err)
		}
		for _, v := range values {
			w, ok := parse(v)
			if !ok {
				return nil, within(class, problem("%s is not a principal: expected %s", quote(v), expectedPrincipal[class]))
			}
			w.text = v
			list = append(list, w)
		}
	}
	return list, nil
}

var expectedPrincipal = map[string]string{
	"AWS":       "*, an account, the unique id of a user or role, or the ARN of an account's root, user, role or session, without wildcards",
	"Federated": "the ARN of an identity provider, or the name of a built-in one",
	"Service":   "the name of a service, without wildcards",
}

// parser returns the function that reads principals of a class, or nil if the
// policy's type does not have the class. CanonicalUser is for S3 alone.
func (c *compiler) parser(class string) func(string) (principalEntry, bool) {
	switch {
	case class == "AWS":
		return parseAWS
	case class == "Service":
		return parseService
	case class == "Federated" && c.kind == Trust:
		return parseProvider
	}
	return nil
}

func (c *compiler) classes() string {
	if c.kind == Trust {
		return "AWS, Federated or Service"
	}
	return "AWS or Service"
}

func parseAWS(v string) (principalEntry, bool) {
	switch {
	case v == "*":
		return principalEntry{kind: everyone}, true
	case arn.IsAccount(v):
		return principalEntry{kind: account, account: v}, true
	case arn.IsUniqueID(v) && strings.HasPrefix(v, arn.UserID):
		return principalEntry{kind: userID, id: v}, true
	case arn.IsUniqueID(v) && strings.HasPrefix(v, arn.RoleID):
		return principalEntry{kind: roleID, id: v}, true
	}
	a, err := arn.Parse(v)
	if err != nil || a.Partition != arn.Partition || a.Region != "" || !arn.IsAccount(a.Account) || !all(a.Resource, isNamePart) {
		return principalEntry{}, false
	}
	w := principalEntry{account: a.Account}
	kind, name, _ := strings.Cut(a.Resource, "/")
	switch a.Service + " " + kind {
	case "iam root":
		w.kind = account
		return w, a.Resource == "root"
	case "iam user":
		w.kind = userARN
	case "iam role":
		w.kind = roleARN
	case "sts assumed-role":
		w.kind = sessionOf
		w.name, w.session, _ = strings.Cut(name, "/")
		return w, w.name != "" && isName(w.session)
	case "sts federated-user":
		w.kind, w.session = federated, name
		return w, isName(name)
	default:
		return principalEntry{}, false
	}
	w.name = "/" + name // paths begin with a slash
	return w, isName(name[strings.LastIndexByte(name, '/')+1:])
}

// isName reports whether s is one name rather than several or none.
func isName(s string) bool { return s != "" && !strings.Contains(s, "/") }

// isNamePart reports whether a path or name may hold the byte, which is no
// wildcard.
func isNamePart(b byte) bool { return b > ' ' && b < 0x7F && b != '*' && b != '?' && b != '$' }

func parseService(v string) (principalEntry, bool) {
	ok := strings.Contains(v, ".") && all(v, func(b byte) bool { return isAlphanumeric(b) || b == '.' || b == '-' })
	return principalEntry{kind: service}, ok
}

func parseProvider(v string) (principalEntry, bool) {
	w := principalEntry{kind: provider}
	switch v {
	case "cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com":
		return w, true
	}
	a, err := arn.Parse(v)
	if err != nil || a.Service != "iam" || a.Region != "" || !arn.IsAccount(a.Account) || !all(a.Resource, isNamePart) {
		return principalEntry{}, false
	}
	return w, (a.Type() == "oidc-provider" || a.Type() == "saml-provider") && a.Name() != ""
}
