package operation

import "strings"

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// commandName returns the name of an operation or a member as the AWS CLI spells it:
// GetMFADevice is get-mfa-device, packageARNs is package-arns.
//
// Source: xform_name of botocore, with its two passes and its rule for plural
// acronyms.
func commandName(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	if i := len(name) - 1; i >= 2 && name[i] == 's' && isUpper(name[i-1]) && isUpper(name[i-2]) {
		for i > 0 && isUpper(name[i-1]) {
			i--
		}
		name = name[:i] + "-" + strings.ToLower(name[i:])
	}
	var words strings.Builder // first pass: a hyphen before each capitalised word
	for i := 0; i < len(name); {
		words.WriteByte(name[i])
		i++
		if i+1 >= len(name) || !isUpper(name[i]) || !isLower(name[i+1]) {
			continue
		}
		words.WriteByte('-')
		for words.WriteByte(name[i]); i+1 < len(name) && isLower(name[i+1]); {
			i++
			words.WriteByte(name[i])
		}
		i++
	}
	parted := words.String()
	var out strings.Builder // second pass: a hyphen between a small letter or digit and a capital
	for i := range len(parted) {
		if i > 0 && isUpper(parted[i]) && (isLower(parted[i-1]) || parted[i-1] >= '0' && parted[i-1] <= '9') {
			out.WriteByte('-')
		}
		out.WriteByte(parted[i])
	}
	return strings.ToLower(out.String())
}
