package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"daypass/internal/cli/exit"
)

// moment reads a time, in UTC where it names no zone, or a length of time before
// now. The command and the option are for the error.
func moment(now time.Time, command, option, text string) (time.Time, error) {
	const most = 100 * 365 * 24 * time.Hour
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
	if err != nil || ago < 0 || ago > most {
		return time.Time{}, exit.UsageError(fmt.Sprintf("%s: %s %q: expected a time such as 2026-11-27T18:00:00Z or 2026-11-27, or how long ago, such as 1h or 7d", command, option, text))
	}
	return now.Add(-ago), nil
}
