package policy

import (
	"net/netip"
	"time"
	"unsafe"
)

// Weight is about how many bytes of memory the policy takes, for caches that are
// bounded by it. It is in proportion to the length of the document: the shortest
// values, a few characters each, weigh up to some thirty times as much as those.
func (p *Policy) Weight() int {
	n := size[Policy]() + len(p.name)
	for i := range p.statements {
		n += p.statements[i].weight()
	}
	return n
}

func size[T any]() int {
	var one T
	return int(unsafe.Sizeof(one))
}

func (s *statement) weight() int {
	n := size[statement]() + len(s.sid)
	if s.principals != nil {
		n += size[principals]() + len(s.principals.list)*size[who]()
		for i := range s.principals.list {
			n += len(s.principals.list[i].text) + len(s.principals.list[i].id)
		}
	}
	n += len(s.actions.patterns)*size[action]() + weightOf(s.actions.texts)
	for i := range s.actions.patterns {
		n += len(s.actions.patterns[i].service) + len(s.actions.patterns[i].name)
	}
	n += weightOf(s.resources.texts) + weightOfAll(s.resources.patterns)
	for i := range s.conditions {
		c := &s.conditions[i]
		n += size[condition]() + len(c.key) + len(c.name) + len(c.spelt) + weightOf(c.texts) + weightOfAll(c.patterns)
		n += cap(c.decimals)*size[decimal]() + cap(c.times)*size[time.Time]() + cap(c.networks)*size[netip.Prefix]()
	}
	return n
}

func weightOf(texts []string) int {
	n := 0
	for _, text := range texts {
		n += size[string]() + len(text)
	}
	return n
}

func weightOfAll(patterns []pattern) int {
	n := cap(patterns) * size[pattern]()
	for i := range patterns {
		n += len(patterns[i].code)
		for j := range patterns[i].variables {
			v := &patterns[i].variables[j]
			n += size[variable]() + len(v.key) + len(v.spelt) + len(v.text)
		}
	}
	return n
}
