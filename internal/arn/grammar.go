package arn

import "strings"

// IsKeyID reports whether s is the id of an access key or of a token:
// ^\w{16,128}$.
//
// Source: IAM service model, accessKeyIdType.
func IsKeyID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && strings.Trim(s, lower+upper+digits+"_") == ""
}

// IsUniqueID reports whether s is the unique id of a user, group, role or
// policy: ^[A-Z0-9]{16,128}$. What kind it is of is told by its first four
// letters.
//
// Source: IAM service model, idType, less small letters and _, which no id has.
func IsUniqueID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && strings.Trim(s, upper+digits) == ""
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
