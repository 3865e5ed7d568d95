package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"daypass/api"
)

// scalar sets a value from its text in a URL, a header or a form.
func (n *node) scalar(s string, v reflect.Value, at *path, p *problems) {
	switch n.shape.Kind {
	case api.String:
		n.text(s, at, p)
		v.SetString(s)
	case api.Integer, api.Long:
		n.integer(s, v, at, p)
	case api.Boolean:
		if s != "true" && s != "false" {
			p.parse(n.shape, at, s, "Member must be true or false")
		}
		v.SetBool(s == "true")
	case api.Timestamp:
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			p.parse(n.shape, at, s, "Member must be a time as in 2006-01-02T15:04:05Z")
		}
		v.Set(reflect.ValueOf(t))
	case api.Blob:
		n.base64(s, v, at, p)
	default:
		p.kind(at, "Member must be a "+n.shape.Kind.String())
	}
}

func (n *node) integer(s string, v reflect.Value, at *path, p *problems) {
	bits := 64
	if n.shape.Kind == api.Integer {
		bits = 32
	}
	i, err := strconv.ParseInt(s, 10, bits)
	if err != nil || s[0] == '+' {
		p.parse(n.shape, at, s, "Member must be an integer of "+strconv.Itoa(bits)+" bits")
		return
	}
	n.number(i, at, p)
	v.SetInt(i)
}

func (n *node) base64(s string, v reflect.Value, at *path, p *problems) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		p.kind(at, "Member must be base64")
		return
	}
	v.SetBytes(b)
}

// Times on the wire are in the years 1 to 9999, which ISO 8601 can write and every
// client can read.
const (
	minEpoch = -62135596800
	maxEpoch = 253402300799
)

// epoch returns the instant of a JSON number of seconds, to the millisecond;
// ok is false outside the years 1 to 9999.
func epoch(number string) (t time.Time, ok bool) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !(f >= minEpoch && f <= maxEpoch) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), true
}

// appendEpoch appends seconds, with three decimals where they are not zero:
// never an exponent, which some clients print as they find it.
func appendEpoch(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// appendISO appends a time as 2006-01-02T15:04:05Z, with milliseconds where
// they are not zero.
func appendISO(b []byte, t time.Time) []byte {
	t = t.UTC()
	if t.Nanosecond()/1e6 != 0 {
		return t.AppendFormat(b, "2006-01-02T15:04:05.000Z")
	}
	return t.AppendFormat(b, "2006-01-02T15:04:05Z")
}

// withoutPrefix returns the part of a code between a namespace and a URI, as in
// "com.amazon.coral#Code:http://…".
func withoutPrefix(code string) string {
	code, _, _ = strings.Cut(code, ":")
	if _, after, ok := strings.Cut(code, "#"); ok {
		return after
	}
	return code
}
