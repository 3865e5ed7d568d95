package policy

import (
	"fmt"
	"slices"
	"strings"

	"daypass/internal/arn"
)

// Check is [Parse] for a document that is to be saved or simulated. It also
// refuses elements that no request can match: a Deny with such an element would
// deny nothing. Parse accepts them, because older documents may hold them.
//
// Source of the rules and their sentences: replies of IAM in public issue
// trackers; moto's table of documents that were tried on IAM.
func Check(name, document string, t Type) (*Policy, error) { return check(name, document, t, false) }

// CheckManaged is [Check] for the document of a managed policy, which must be
// of the version 2012-10-17.
func CheckManaged(name, document string) (*Policy, error) {
	return check(name, document, Identity, true)
}

func check(name, document string, t Type, managed bool) (*Policy, error) {
	p := &Policy{name: name, kind: t}
	err := p.parse(document)
	if managed && !p.current && (err == nil || err.phrase != "") { // IAM checks the syntax, then the version, then the rest
		err = within("Version", problem("expected %q", version2012).withPhrase(olderVersion))
	}
	if err == nil {
		err = p.checkStatements()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

const olderVersion = "Policy document must be version 2012-10-17 or greater."

func (p *Policy) checkStatements() *SyntaxError {
	for i := range p.statements {
		s := &p.statements[i]
		err := s.check(p)
		if err != nil {
			return within(fmt.Sprintf("Statement %d", s.number), err)
		}
	}
	return nil
}

func (s *statement) check(p *Policy) *SyntaxError {
	element := elementName("Action", s.actions.not)
	for _, text := range s.actions.texts {
		err := checkName(text, p.kind)
		if err != nil {
			return within(element, err)
		}
	}
	element = elementName("Resource", s.resources.not)
	for _, text := range s.resources.texts {
		err := p.checkLiteral(text)
		if sentence := invalidARN(text); err == nil && sentence != "" {
			err = problem("no request is about %s", quote(text)).withPhrase(sentence)
		}
		if err != nil {
			return within(element, err)
		}
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		for _, text := range c.texts {
			err := p.checkLiteral(text)
			if sentence := invalidPartition(text); err == nil && c.family == arns && sentence != "" {
				err = problem("no ARN is like %s: expected the partition %s", quote(text), arn.Partition)
			}
			if err != nil {
				return within("Condition, "+c.name+", "+quote(c.spelt), err)
			}
		}
	}
	return nil
}

// checkName refuses an action that no service can have.
func checkName(text string, t Type) *SyntaxError {
	service, name, ok := strings.Cut(text, ":")
	switch {
	case !ok || service == "*": // * and *:*
		return nil
	case strings.Contains(name, ":"):
		return problem("%s has more than one colon: expected service:Action", quote(text)).withPhrase("Actions/Condition can contain only one colon.")
	case !all(service, isVendor):
		return problem("%s has no service's name before the colon: expected letters, digits, dots and hyphens", quote(text)).withPhrase(invalidVendor(service))
	case !arn.IsWord(name):
		return problem("%s has no action's name behind the colon: expected letters and digits, or wildcards", quote(text))
	case t == Trust && !slices.ContainsFunc(trustActions, func(action string) bool { return nameMatches(strings.ToLower(name), action) }):
		return problem("%s is no action of STS: expected sts:AssumeRole or another action on a role", quote(text)).withPhrase(otherThanAssumeRole)
	}
	return nil
}

const otherThanAssumeRole = "AssumeRole policy may only specify STS AssumeRole actions."

// trustActions are the actions of STS that a trust policy may name, in lower
// case.
//
// Source: Service Authorization Reference, AWS Security Token Service.
var trustActions = []string{
	"assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "assumeroot", "decodeauthorizationmessage", "getaccesskeyinfo",
	"getcalleridentity", "getdelegatedaccesstoken", "getfederationtoken", "getservicebearertoken", "getsessiontoken",
	"getwebidentitytoken", "setcontext", "setsourceidentity", "tagsession",
}

func isVendor(b byte) bool { return isAlphanumeric(b) || b == '-' || b == '.' }

// checkLiteral refuses a variable in a document whose version has no variables.
// There it would be literal text, which no request ever equals.
func (p *Policy) checkLiteral(text string) *SyntaxError {
	if p.current {
		return nil
	}
	_, rest, found := strings.Cut(text, "${")
	key, _, closed := strings.Cut(rest, "}")
	if !found || !closed || !isKey(key) {
		return nil
	}
	return problem("%s has a variable, which documents of before %s have not", quote(text), version2012).withPhrase(olderVersion)
}

// iamPaths are the prefixes that the last part of an IAM ARN can have.
const iamPaths = "user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/"

// invalidARN returns IAM's sentence on a Resource that nothing can have as its
// ARN, or "". Wildcards alone are no ARN. The text is a pattern, of which
// [arn.Parse] knows nothing: a wildcard may stand for several parts.
func invalidARN(text string) string {
	sentence := invalidPartition(text)
	if sentence != "" || strings.Trim(text, "*?") == "" {
		return sentence
	}
	parts := strings.SplitN(text, ":", arnColons+1)
	switch {
	case len(parts) < 3 || strings.ContainsAny(parts[2], "*?"):
		return "Resource vendor must be fully qualified and cannot contain regexes."
	case parts[2] == "" || len(parts) <= arnColons && strings.Contains(text, "::"):
		return failedLegacyParsing
	case parts[2] != "iam" || len(parts) <= arnColons:
		return ""
	case parts[3] != "":
		return "IAM resource " + oneLine(text) + " cannot contain region information."
	case parts[5] != "*" && !slices.ContainsFunc(strings.Split(iamPaths, ", "), func(path string) bool { return strings.HasPrefix(parts[5], path) }):
		return "IAM resource path must either be \"*\" or start with " + iamPaths + "."
	}
	return ""
}

// invalidPartition returns IAM's sentence on an ARN of a partition other than
// [arn.Partition], or "". The sentence shows missing parts as wildcards.
func invalidPartition(text string) string {
	parts := strings.SplitN(text, ":", arnColons+1)
	if len(parts) < 2 || nameMatches(parts[1], arn.Partition) {
		return ""
	}
	shown := [arnColons + 1]string{"arn", "", "*", "*", "*", "*"}
	copy(shown[1:], parts[1:])
	return fmt.Sprintf("Partition \"%s\" is not valid for resource \"%s\".", oneLine(parts[1]), oneLine(strings.Join(shown[:], ":")))
}

// nameMatches is [matchName] without a bound on the steps, for short names.
func nameMatches(pattern, name string) bool {
	matched, _ := matchName(pattern, []byte(name), len(pattern)*len(name)+1)
	return matched
}
