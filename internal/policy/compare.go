package policy

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A decimal is a number of any size and precision, as text: the part before the
// point has no leading zeros, the part behind it no trailing ones.
type decimal struct {
	negative       bool
	whole, decimal string
}

// parseDecimal reads an integer or a decimal, such as -10 or 0.5.
func parseDecimal(s string) (decimal, bool) {
	digits := strings.TrimPrefix(s, "-")
	d := decimal{negative: len(digits) < len(s)}
	if !d.negative {
		digits = strings.TrimPrefix(s, "+")
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" && fraction == "" || point && fraction == "" || !all(whole, isDigit) || !all(fraction, isDigit) {
		return decimal{}, false
	}
	d.whole, d.decimal = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if d.whole == "" && d.decimal == "" {
		d.negative = false
	}
	return d, true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func (d decimal) compare(other decimal) int {
	switch {
	case d.negative && other.negative:
		return other.magnitude(d)
	case d.negative:
		return -1
	case other.negative:
		return 1
	}
	return d.magnitude(other)
}

func (d decimal) magnitude(other decimal) int {
	return cmp.Or(
		cmp.Compare(len(d.whole), len(other.whole)),
		strings.Compare(d.whole, other.whole),
		strings.Compare(d.decimal, other.decimal),
	)
}

// dateLayouts are the forms of a date besides a bare year. The first is the
// one that requests carry. A time without a zone is taken as UTC.
//
// Source: W3C Note "Date and Time Formats", which is what the IAM User Guide
// names; the basic form of the zone is ISO 8601.
var dateLayouts = [...]string{
	time.RFC3339, // also with a fraction of a second
	"2006-01-02",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04",
	"2006-01",
}

// parseDate reads a date or seconds since 1970. Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	if len(s) == 4 && all(s, isDigit) {
		s += "-01"
	} else if all(strings.TrimPrefix(s, "-"), isDigit) {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	for _, layout := range dateLayouts {
		t, err := time.Parse(layout, s)
		if err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseNetwork reads a network in CIDR form or a bare address, which is the
// network of that address alone.
func parseNetwork(s string) (netip.Prefix, bool) {
	network, err := netip.ParsePrefix(s)
	if err == nil {
		return unmapped(network).Masked(), true
	}
	address, ok := parseAddress(s)
	return netip.PrefixFrom(address, address.BitLen()), ok
}

// mappedBits is how many bits stand before an IPv4 address that is written as
// one of IPv6.
const mappedBits = 96

func unmapped(network netip.Prefix) netip.Prefix {
	if network.Addr().Is4In6() && network.Bits() >= mappedBits {
		return netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mappedBits)
	}
	return network
}

// parseAddress reads an address. An IPv4 address that came through an IPv6
// socket is still one of IPv4; a zone says nothing about where it is.
func parseAddress(s string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(s)
	return address.Unmap().WithZone(""), err == nil
}
