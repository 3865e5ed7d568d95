package policy

import (
	"net/netip"
	"time"
	"unsafe"
)

// Weight returns about how many bytes of memory the policy takes, for caches that
// are bounded by bytes. It is proportional to the length of the document: values
// of a few characters take up to about thirty times their length.
func (p *Policy) Weight() int {
	n := sizeOf[Policy]() + len(p.name)
	for i := range p.statements {
		n += p.statements[i].weight()
	}
	return n
}

func sizeOf[T any]() int {
	var one T
	return int(unsafe.Sizeof(one))
}

func (s *statement) weight() int {
	n := sizeOf[statement]() + len(s.sid)
	if s.principals != nil {
		n += sizeOf[principals]() + len(s.principals.list)*sizeOf[principalEntry]()
		for i := range s.principals.list {
			n += len(s.principals.list[i].text) + len(s.principals.list[i].id)
		}
	}
	n += len(s.actions.patterns)*sizeOf[action]() + weightOf(s.actions.texts)
	for i := range s.actions.patterns {
		n += len(s.actions.patterns[i].service) + len(s.actions.patterns[i].name)
	}
	n += weightOf(s.resources.texts) + weightOfAll(s.resources.patterns)
	for i := range s.conditions {
		c := &s.conditions[i]
		n += sizeOf[condition]() + len(c.key) + len(c.name) + len(c.spelt) + weightOf(c.texts) + weightOfAll(c.patterns)
		n += cap(c.decimals)*sizeOf[decimal]() + cap(c.times)*sizeOf[time.Time]() + cap(c.networks)*sizeOf[netip.Prefix]()
	}
	return n
}

func weightOf(texts []string) int {
	n := 0
	for _, text := range texts {
		n += sizeOf[string]() + len(text)
	}
	return n
}

func weightOfAll(patterns []pattern) int {
	n := cap(patterns) * sizeOf[pattern]()
	for i := range patterns {
		n += len(patterns[i].code)
		for j := range patterns[i].variables {
			v := &patterns[i].variables[j]
			n += sizeOf[variable]() + len(v.key) + len(v.spelt) + len(v.text)
		}
	}
	return n
}
