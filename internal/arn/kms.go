package arn

import "strings"

// KMSKey returns the ARN of the key that an account in a Region means by one of
// the forms that name a key: its id, its ARN, an alias or an alias's ARN. It
// reports whether it is one of them.
//
// Source: CodeArtifact API reference, CreateDomain; KMS Developer Guide, "Key
// identifiers".
func KMSKey(region, account, named string) (string, bool) {
	own := ARN{Partition, "kms", region, account, named}
	switch {
	case isKMSKeyID(named):
		own.Resource = "key/" + named
		return own.String(), true
	case strings.HasPrefix(named, "alias/"):
		return own.String(), isKMSResource(named)
	}
	a, err := Parse(named)
	ok := err == nil && a.Partition == Partition && a.Service == "kms" && IsAccount(a.Account) && isKMSResource(a.Resource) &&
		a.Region != "" && strings.Trim(a.Region, lower+digits+"-") == ""
	return named, ok
}

// isKMSResource reports whether s is the last part of the ARN of a key or alias.
func isKMSResource(s string) bool {
	kind, name, _ := strings.Cut(s, "/")
	switch kind {
	case "key":
		return isKMSKeyID(name)
	case "alias":
		return name != "" && strings.Trim(name, lower+upper+digits+"/_-") == ""
	}
	return false
}

// isKMSKeyID reports whether s is the id of a key: a UUID, or mrk- and 32
// hexadecimal digits. All are small.
func isKMSKeyID(s string) bool {
	const hexadecimal = digits + "abcdef"
	id, several := strings.CutPrefix(s, "mrk-")
	if several {
		return len(id) == 32 && strings.Trim(id, hexadecimal) == ""
	}
	parts := strings.Split(s, "-")
	if len(parts) != 5 {
		return false
	}
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(parts[i]) != length || strings.Trim(parts[i], hexadecimal) != "" {
			return false
		}
	}
	return true
}
