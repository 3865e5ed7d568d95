package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseInstant reads a time, in UTC if it names no zone, or a length of time before
// now. The error quotes the text and says what was expected.
func parseInstant(now time.Time, text string) (time.Time, error) {
	const maxAgo = 100 * 365 * 24 * time.Hour
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		at, err := time.Parse(layout, text)
		if err == nil {
			return at, nil
		}
	}
	ago, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 || ago > maxAgo {
		return time.Time{}, fmt.Errorf("%q: expected a time such as 2026-11-27T18:00:00Z or 2026-11-27, or how long ago, such as 1h or 7d", text)
	}
	return now.Add(-ago), nil
}
