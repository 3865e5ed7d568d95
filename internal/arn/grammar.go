package arn

import "strings"

// These are asked for on the way of each request, where an expression would take
// longer than a look-up.

const (
	digits = "0123456789"
	small  = "abcdefghijklmnopqrstuvwxyz"
	large  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func consistsOf(s, characters string) bool { return strings.Trim(s, characters) == "" }

// IsAccount reports whether s is the id of an account: ^[0-9]{12}$.
func IsAccount(s string) bool { return len(s) == 12 && consistsOf(s, digits) }

// IsDomain reports whether s is a name for a domain:
// ^[a-z][a-z0-9-]{0,48}[a-z0-9]$.
//
// Source: CodeArtifact service model.
func IsDomain(s string) bool {
	return len(s) >= 2 && len(s) <= 50 && consistsOf(s, small+digits+"-") && strings.IndexByte(small, s[0]) >= 0 && s[len(s)-1] != '-'
}

// IsRepository reports whether s is a name for a repository:
// ^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$.
//
// Source: CodeArtifact service model.
func IsRepository(s string) bool {
	return len(s) >= 2 && len(s) <= 100 && consistsOf(s, small+large+digits+"._-") && strings.IndexByte("._-", s[0]) < 0
}

// IsKeyID reports whether s is the id of an access key or of a token:
// ^\w{16,128}$.
//
// Source: IAM service model, accessKeyIdType.
func IsKeyID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && consistsOf(s, small+large+digits+"_")
}

// IsUniqueID reports whether s is the unique id of a user, group, role or
// policy: ^[A-Z0-9]{16,128}$. What kind it is of is told by its first four
// letters.
//
// Source: IAM service model, idType, less small letters and _, which no id has.
func IsUniqueID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && consistsOf(s, large+digits)
}

// IsWord reports whether s is of printable ASCII without blanks, of which names,
// ids and ARNs are made, and not empty: ^[!-~]+$.
func IsWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// Entity takes the ARN of something of IAM apart that has a path, such as a user,
// group or role: its type, its account and its name without the path. What is no
// such ARN has no name.
func Entity(s string) (kind, account, name string) {
	a, err := Parse(s)
	if err != nil || a.Partition != Partition || a.Service != "iam" || a.Region != "" || !IsWord(s) {
		return "", "", ""
	}
	return a.Type(), a.Account, a.Last()
}

// Last returns what follows the last slash of the resource part; of what has
// a path that is its name.
func (a ARN) Last() string { return a.Name()[strings.LastIndexByte(a.Name(), '/')+1:] }
