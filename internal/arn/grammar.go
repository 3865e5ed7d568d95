package arn

import "strings"

// IsKeyID reports whether s is the id of an access key or of a token:
// ^\w{16,128}$.
//
// Source: IAM service model, accessKeyIdType.
func IsKeyID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && all(s, func(c byte) bool { return alphanumeric(c) || c == '_' })
}

// IsUniqueID reports whether s is the unique id of a user, group, role or
// policy: ^[A-Z0-9]{16,128}$. Its first four letters say which of them it is.
//
// Source: IAM service model, idType, less small letters and _, which no id has.
func IsUniqueID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && all(s, func(c byte) bool { return isUpper(c) || isDigit(c) })
}

// Prefixes of unique ids, which tell what they are of.
//
// Source: IAM User Guide, "IAM identifiers", unique ID prefixes.
const (
	TokenID         = "ABIA" // authorization tokens
	AccessKeyID     = "AKIA" // long-term access keys
	SessionKeyID    = "ASIA" // access keys of sessions
	UserID          = "AIDA"
	RoleID          = "AROA"
	GroupID         = "AGPA"
	ManagedPolicyID = "ANPA"
)

// IsIssuedKeyID reports whether s has the shape of the ids of access keys that
// AWS and Daypass issue, which is narrower than what [IsKeyID] takes:
// ^A[A-Z0-9]{15,31}$. It has no small letters, and so nearly no secret that was
// given in its place fits.
func IsIssuedKeyID(s string) bool { return IsUniqueID(s) && s[0] == 'A' && len(s) <= 32 }

// IsWord reports whether s consists of printable ASCII without blanks, as names,
// ids and ARNs do, and is not empty: ^[!-~]+$.
func IsWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// Entity splits the ARN of an IAM resource, such as a user, a group or a role,
// into its type, its account and its name without the path. All three are empty
// if s is not an ARN of IAM in [Partition].
func Entity(s string) (resourceType, account, name string) {
	a, err := Parse(s)
	if err != nil || a.Partition != Partition || a.Service != "iam" || a.Region != "" || !IsWord(s) {
		return "", "", ""
	}
	return a.Type(), a.Account, a.Last()
}

// Last returns what follows the last slash of the resource part. It is the name
// of a resource that has a path.
func (a ARN) Last() string { return a.Name()[strings.LastIndexByte(a.Name(), '/')+1:] }
