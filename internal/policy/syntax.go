package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"daypass/internal/printable"
)

// Quotas on the size of documents, in characters as [Size] counts them.
//
// Source: IAM User Guide, "IAM and AWS STS quotas"; CodeArtifact service model
// for resource-based policies, whose every character counts.
const (
	MaxUserInline    = 2048  // of all inline policies of a user together
	MaxGroupInline   = 5120  // of all inline policies of a group together
	MaxRoleInline    = 10240 // of all inline policies of a role together
	MaxManaged       = 6144  // of a managed policy, hence of a boundary
	MaxTrustDefault  = 2048
	MaxTrust         = 8192 // the most that MaxTrustDefault can be raised to
	MaxInlineSession = 2048
	MaxResource      = 7168
)

// maxDocument is the size of the largest document that Parse reads, in bytes,
// white space included. It is the maximum of the IAM service model. The smaller
// quotas do not count white space, so that indentation does not matter to them.
const maxDocument = 131072

// maxSize is the largest quota for a document of each type, in characters. The
// smaller quotas are sums over several documents, or depend on where a document
// is attached; the packages that attach documents check those.
var maxSize = [...]int{
	Identity: MaxRoleInline,
	Resource: MaxResource,
	Trust:    MaxTrust,
	Boundary: MaxManaged,
	Session:  MaxManaged,
}

// Size returns the number of characters of a document that count towards
// IAM's quotas: all but white space.
func Size(document string) int {
	n := 0
	for _, r := range document {
		if r != ' ' && r != '\t' && r != '\n' && r != '\r' {
			n++
		}
	}
	return n
}

// A SyntaxError says in one line what is wrong with a document.
type SyntaxError struct {
	Element string // where: "Statement 2, Action"; empty for the document as a whole
	Problem string // what was found and what was expected
	Limit   int    // the quota that the document exceeds, in characters; 0 for all other errors

	phrase string
}

// Phrase returns IAM's sentence for the mistake, which clients look for.
//
// Source: replies of IAM in public issue trackers; moto's table of them.
func (e *SyntaxError) Phrase() string {
	if e.phrase == "" {
		return "Syntax errors in policy."
	}
	return e.phrase
}

// failedLegacyParsing is IAM's sentence for several mistakes that its older
// parser finds: the case of an effect, a date, an ARN without its service.
const failedLegacyParsing = "The policy failed legacy parsing"

// withPhrase returns a copy of the error with IAM's sentence for it.
func (e *SyntaxError) withPhrase(phrase string) *SyntaxError {
	phrased := *e
	phrased.phrase = phrase
	return &phrased
}

func (e *SyntaxError) Error() string {
	if e.Element == "" {
		return e.Problem
	}
	return e.Element + ": " + e.Problem
}

// problem returns a SyntaxError without an Element; callers add it with within.
func problem(format string, args ...any) *SyntaxError {
	return &SyntaxError{Problem: fmt.Sprintf(format, args...)}
}

// within returns a copy of the error with the name of the surrounding element put
// before its Element; nil for nil.
func within(element string, err *SyntaxError) *SyntaxError {
	if err == nil {
		return nil
	}
	outer := *err
	outer.Element = element
	if err.Element != "" {
		outer.Element += ", " + err.Element
	}
	return &outer
}

// quote returns a value of the document in quotes, cut so that the error stays
// one readable line.
func quote(s string) string {
	short, whole := shorten(s)
	if whole {
		return fmt.Sprintf("%q", short)
	}
	return fmt.Sprintf("%q…", short)
}

// shorten cuts a value of the document, unless it is short.
func shorten(s string) (short string, whole bool) {
	const most = 100
	return printable.Cut(s, most)
}

// oneLine returns a value of the document for one of IAM's sentences, which has
// no quotes around it.
func oneLine(s string) string {
	short, _ := shorten(s)
	return printable.Text(short)
}

// checkSize refuses documents over the limits, before anything else reads them.
func checkSize(document string, t Type) *SyntaxError {
	if document == "" {
		return problem("the document is empty: expected a JSON object")
	}
	if len(document) > maxDocument {
		return &SyntaxError{Limit: maxDocument, Problem: fmt.Sprintf("the document has %d bytes: expected at most %d", len(document), maxDocument)}
	}
	size := Size(document)
	if t == Resource {
		size = utf8.RuneCountInString(document)
	}
	if size > maxSize[t] {
		return &SyntaxError{Limit: maxSize[t], Problem: fmt.Sprintf("the document has %d characters: expected at most %d", size, maxSize[t])}
	}
	return nil
}

// checkCharacters refuses characters that the grammar does not allow; text is a
// document or a decoded string in one.
//
// Source: IAM User Guide, "Grammar of the IAM JSON policy language".
func checkCharacters(text string) *SyntaxError {
	bad := func(r rune) bool {
		return r > 0xFF || r < 0x20 && r != '\t' && r != '\n' && r != '\r'
	}
	i := strings.IndexFunc(text, bad)
	if i < 0 {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return problem("the character %U is not allowed: expected tab, line feed, carriage return, or U+0020 to U+00FF", r)
}
