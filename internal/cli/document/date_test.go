package document

import (
	"encoding/json"
	"testing"
	"time"

	"daypass/internal/cli/clitest"
)

var dates = []string{
	"2099-01-01T00:00:00Z", "2099-01-01T00:00:00", "2099-01-01 00:00:00+00:00", "2099-01-01T00:00:00UTC", "2099-01-01T00:00:00 UTC", "2099-01-01T00:00:00+0000",
	"2099-01-01T00:00:00+05:30", "2099-01-01T00:00:00-0800", "2099-01-01T00:00:00+01", "2099-01-01T00:00:00.123Z", "2099-01-01T00:00:00.123456789Z", "2099-01-01T00:00:00,5Z",
	"20990101T000000Z", "20990101T0000Z", "20990101", "2099-01-01", "2099/01/01 10:20", "2099-1-2 3:04:05Z", "2099.01.02 00:00Z", "2099-01-01t00:00:00z", "2099-01-01T10:20Z", "2099-01-01T10:20+01:00",
	"Thu, 01 Jan 2099 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 +0100", "Thursday, 01-Jan-2099 00:00:00 UTC", "01 January 2099 10:00:00 UTC", "Jan 1 2099 00:00:00 UTC", "Jan 1, 2099 00:00 UTC", "January 1, 2099",
	"Thu Jan  1 00:00:00 UTC 2099", "Thu Jan  1 00:00:00 2099", "Thu Jan 01 2099 00:00:00 GMT+0000 (Coordinated Universal Time)", "2099-01-01 00:00:00 GMT+3", "2099-01-01 00:00:00 UTC-02:30",
	" 2099-01-01T00:00:00Z ", "2099-02-29T00:00:00Z", "2096-02-29T00:00:00Z", "2099-13-01T00:00:00Z", "2099-01-32T00:00:00Z", "2099-01-01T24:00:00Z", "2099-01-01T23:60:00Z", "2099-01-01T23:59:60Z",
	"2099-01-01T00:00:00Zjunk", "", "junk", "x", "2099-01-01T", "2099-01-01T00:00:00+25:00", "2099-01-01T00:00:00.Z", "0000-01-01T00:00:00Z", "2099-01-01T00:00:00 +00:00", "2099-01-01T00:00:00  Z",
}

// moreThanDates are texts that dateutil accepts and ParseDate need not.
var moreThanDates = map[string]bool{"0000-01-01T00:00:00Z": true}

const dateReference = `
import json, sys
from dateutil.parser import parse
for line in sys.stdin:
    try:
        t = parse(json.loads(line))
        print(json.dumps([t.isoformat(), t.utcoffset() is not None]))
    except Exception:
        print('null')
`

func TestDatesEqualDateutil(t *testing.T) {
	t.Parallel()
	for i, line := range clitest.Python(t, dateReference, dates) {
		var want []any
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		d, ok := ParseDate(dates[i])
		if ok != (want != nil) && !moreThanDates[dates[i]] {
			t.Errorf("%q: taken %v, dateutil says %s", dates[i], ok, line)
			continue
		}
		if !ok {
			continue
		}
		layout := "2006-01-02T15:04:05"
		if d.Time.Nanosecond() != 0 {
			layout += ".000000"
		}
		if d.Zoned {
			layout += "-07:00"
		}
		if got := d.Time.Format(layout); got != want[0] || d.Zoned != want[1] {
			t.Errorf("%q: %s, zone %v, dateutil says %s", dates[i], got, d.Zoned, line)
		}
	}
}

func TestADateWithoutAZoneIsReadInTheGivenOne(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for text, want := range map[string]string{"2099-01-01T00:00:00": "2098-12-31T23:00:00Z", "2099-01-01T00:00:00Z": "2099-01-01T00:00:00Z"} {
		d, ok := ParseDate(text)
		if got := d.In(zone).UTC().Format(time.RFC3339); !ok || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, ok, want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, text := range dates {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := ParseDate(text)
		if ok && (d.Time.Year() < 1 || d.Time.Year() > 9999) {
			t.Errorf("%q is %v", text, d.Time)
		}
	})
}
