package document

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Date is an instant as a text gives it, perhaps without a zone.
type Date struct {
	// Time is in the zone that the text names, or in UTC if it names none.
	Time  time.Time
	Zoned bool // the text names a zone
}

// In returns the instant. A date without a zone is in loc.
func (d Date) In(loc *time.Location) time.Time {
	if d.Zoned {
		return d.Time
	}
	t := d.Time
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
}

// ParseDate reads dates that programs write and that the AWS CLI's library for
// dates, python-dateutil, accepts: ISO 8601 in its long and its short form, also with
// a blank for the T, and the formats of RFC 1123 and of the program date. A zone is
// Z, UTC, GMT or an offset. It refuses texts that dateutil completes with parts of
// today's date.
func ParseDate(s string) (Date, bool) {
	const maxLength = 100
	if len(s) > maxLength {
		return Date{}, false
	}
	p := dateParser{rest: strings.TrimSpace(s)}
	if !p.calendar() || !p.clock() || !p.zone() {
		return Date{}, false
	}
	if p.year == 0 && !p.yearAtEnd() { // Thu Jan  1 00:00:00 UTC 2099
		return Date{}, false
	}
	if p.rest != "" {
		return Date{}, false
	}
	loc := time.UTC
	if p.offset != 0 {
		loc = time.FixedZone("", p.offset)
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nanosecond, loc)
	if p.year == 0 || t.Day() != p.day || int(t.Month()) != p.month {
		return Date{}, false
	}
	return Date{t, p.zoned}, true
}

type dateParser struct {
	rest                 string
	year, month, day     int
	hour, minute, second int
	nanosecond, offset   int
	zoned                bool
}

var (
	weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// calendar reads year, month and day. The year may be missing after the name of a
// month.
func (p *dateParser) calendar() bool {
	if name := p.word(); name != "" && nameIndex(weekdays, name) >= 0 {
		p.advance(len(name))
		p.skipSpace(",")
	}
	if name := p.word(); name != "" {
		return p.monthFirst(name)
	}
	digits := p.digits()
	switch len(digits) {
	case 8:
		return p.numbers(digits, 4, &p.year, &p.month, &p.day)
	case 4:
		p.year = toInt(digits)
		p.advance(4)
		separator := p.rest[:min(1, len(p.rest))]
		return separator != "" && strings.Contains("-/.", separator) && p.accept(separator) && p.pair(&p.month) && p.accept(separator) && p.pair(&p.day)
	case 1, 2:
		return p.dayFirst(digits)
	}
	return false
}

func (p *dateParser) monthFirst(name string) bool {
	p.month = nameIndex(months, name) + 1
	p.advance(len(name))
	p.skipSpace("")
	digits := p.digits()
	if p.month == 0 || len(digits) < 1 || len(digits) > 2 {
		return false
	}
	p.day = toInt(digits)
	p.advance(len(digits))
	before := p.rest
	p.skipSpace(",")
	if digits := p.digits(); len(digits) == 4 && !strings.HasPrefix(p.rest[4:], ":") {
		p.year = toInt(digits)
		p.advance(4)
		return true
	}
	p.rest = before
	return true
}

func (p *dateParser) dayFirst(digits string) bool {
	p.day = toInt(digits)
	p.advance(len(digits))
	p.skipSpace("-")
	name := p.word()
	p.month = nameIndex(months, name) + 1
	p.advance(len(name))
	p.skipSpace("-")
	year := p.digits()
	if p.month == 0 || len(year) != 4 {
		return false
	}
	p.year = toInt(year)
	p.advance(4)
	return true
}

// clock reads the time of the day, if there is one.
func (p *dateParser) clock() bool {
	before := p.rest
	p.skipSpace(",")
	if p.accept("T") || p.accept("t") {
		p.skipSpace("")
	} else if before == p.rest && p.rest != "" {
		return false
	}
	digits := p.digits()
	switch len(digits) {
	case 0:
		return true
	case 4, 6:
		if !p.numbers(digits, 2, &p.hour, &p.minute, &p.second) {
			return false
		}
		if len(digits) == 6 {
			return p.fraction() && p.inRange()
		}
		return p.inRange()
	case 1, 2:
		p.hour = toInt(digits)
		p.advance(len(digits))
		if !p.accept(":") || !p.pair(&p.minute) {
			return false
		}
		if p.accept(":") && (!p.pair(&p.second) || !p.fraction()) {
			return false
		}
		return p.inRange()
	}
	return false
}

func (p *dateParser) inRange() bool { return p.hour < 24 && p.minute < 60 && p.second < 60 }

// fraction reads the fraction of a second, if there is one. It drops digits beyond
// microseconds.
func (p *dateParser) fraction() bool {
	if !p.accept(".") && !p.accept(",") {
		return true
	}
	digits := p.digits()
	p.advance(len(digits))
	if digits == "" {
		return false
	}
	p.nanosecond = toInt((digits + "000000")[:6]) * 1000
	return true
}

// zone reads a zone, if there is one.
func (p *dateParser) zone() bool {
	p.skipSpace("")
	sign := 1
	if name := p.word(); name != "" {
		if !slices.Contains([]string{"z", "utc", "gmt"}, strings.ToLower(name)) {
			return false
		}
		p.advance(len(name))
		p.zoned = true
		sign = -1 // "GMT+3" is three hours behind GMT, as in POSIX's TZ
	}
	switch {
	case p.accept("+"):
	case p.accept("-"):
		sign = -sign
	default:
		p.skipSpace("")
		return true
	}
	digits := p.digits()
	var hours, minutes int
	switch len(digits) {
	case 4:
		p.numbers(digits, 2, &hours, &minutes)
	case 1, 2:
		hours = toInt(digits)
		p.advance(len(digits))
		if p.accept(":") && !p.pair(&minutes) {
			return false
		}
	default:
		return false
	}
	p.zoned, p.offset = true, sign*(hours*3600+minutes*60)
	p.skipSpace("")
	return hours < 24
}

func (p *dateParser) yearAtEnd() bool {
	digits := p.digits()
	if len(digits) != 4 {
		return false
	}
	p.year = toInt(digits)
	p.advance(4)
	return true
}

func (p *dateParser) advance(n int) { p.rest = p.rest[n:] }

func (p *dateParser) accept(text string) bool {
	rest, ok := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return ok
}

// skipSpace skips blanks, and a mark among them unless it is "".
func (p *dateParser) skipSpace(mark string) {
	p.rest = strings.TrimLeft(p.rest, " ")
	if mark != "" && p.accept(mark) {
		p.rest = strings.TrimLeft(p.rest, " ")
	}
}

func (p *dateParser) digits() string {
	return p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
}

func (p *dateParser) word() string {
	return p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
}

// pair reads one or two digits.
func (p *dateParser) pair(to *int) bool {
	digits := p.digits()
	*to = toInt(digits)
	p.advance(len(digits))
	return len(digits) == 1 || len(digits) == 2
}

// numbers splits digits into numbers: the first has size digits, the others two. It
// reports whether no digit is left over.
func (p *dateParser) numbers(digits string, size int, to ...*int) bool {
	p.advance(len(digits))
	for _, n := range to {
		if digits == "" {
			return true
		}
		*n = toInt(digits[:size])
		digits, size = digits[size:], 2
	}
	return digits == ""
}

func toInt(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// nameIndex returns the index of a weekday or month by its first three letters, or
// -1. A longer word must be the full name.
func nameIndex(names []string, word string) int {
	const letters = 3
	if len(word) < letters {
		return -1
	}
	full := map[string]bool{
		"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true,
		"january": true, "february": true, "march": true, "april": true, "june": true, "july": true, "august": true, "sept": true, "september": true, "october": true, "november": true, "december": true,
	}
	word = strings.ToLower(word)
	if len(word) > letters && !full[word] {
		return -1
	}
	return slices.Index(names, word[:letters])
}
