package throttle

import (
	"fmt"
	"strconv"
	"strings"
)

// maxRate is the largest rate that can be set, in requests a second. To allow more, a
// limit must be off.
const maxRate = 1_000_000

// Parse reads an operator's setting: aws, off, or a list such as
// "get-authorization-token=100,reads=off". A limit that the list does not name has
// AWS's rate.
func Parse(text string) (Rates, error) {
	switch text {
	case "aws":
		return AWS(), nil
	case "off":
		return Rates{}, nil
	}
	rates := AWS()
	var seen [numLimits]bool
	for item := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		limit, known := byName(name)
		rate, valid := parseRate(value)
		switch {
		case !known:
			return Rates{}, fmt.Errorf("%q: expected aws, off, or a list of %s, each with =NUMBER or =off", item, names())
		case !valid:
			return Rates{}, fmt.Errorf("%q: expected requests a second from 1 to %d, or off", item, maxRate)
		case seen[limit]:
			return Rates{}, fmt.Errorf("%q: expected each limit once", item)
		}
		rates[limit], seen[limit] = rate, true
	}
	return rates, nil
}

func parseRate(text string) (int, bool) {
	if text == "off" {
		return 0, true
	}
	rate, err := strconv.Atoi(text)
	return rate, err == nil && rate >= 1 && rate <= maxRate
}

func byName(name string) (Limit, bool) {
	for i := range limits {
		if limits[i].name == name {
			return Limit(i), true
		}
	}
	return 0, false
}

func names() string {
	all := make([]string, numLimits)
	for i := range limits {
		all[i] = limits[i].name
	}
	return strings.Join(all, ", ")
}
