package command

import "strings"

// Wrap breaks a text into lines of at most 80 columns with an indent.
func Wrap(text string, indent int) string {
	const columns = 80
	pad := strings.Repeat(" ", indent)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && indent+len(line)+1+len(word) > columns {
			lines = append(lines, pad+line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, pad+line), "\n")
}
