package operation

import "strings"

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// kebab returns a model's name as the AWS CLI spells it: GetMFADevice is
// get-mfa-device, packageARNs is package-arns. The rule is botocore's
// xform_name, in its two passes and with its case for plural acronyms.
func kebab(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	if i := len(name) - 1; i >= 2 && name[i] == 's' && isUpper(name[i-1]) && isUpper(name[i-2]) {
		for i > 0 && isUpper(name[i-1]) {
			i--
		}
		name = name[:i] + "-" + strings.ToLower(name[i:])
	}
	var words strings.Builder // a capitalised word is parted from what stands before
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
	var out strings.Builder // a capital is parted from a small letter or digit
	for i := range len(parted) {
		if i > 0 && isUpper(parted[i]) && (isLower(parted[i-1]) || parted[i-1] >= '0' && parted[i-1] <= '9') {
			out.WriteByte('-')
		}
		out.WriteByte(parted[i])
	}
	return strings.ToLower(out.String())
}
