package wire

import (
	"net/url"
	"strings"
)

// parameters steps through a URL query or a form without building a map:
//
//	for p.next() { … p.name, p.value … }
//	if p.err != "" { … }
type parameters struct {
	rest        string
	name, value string
	count       int
	err         string // the problem, as a sentence
}

func (p *parameters) next() bool {
	for p.rest != "" && p.err == "" {
		var pair string
		pair, p.rest, _ = strings.Cut(p.rest, "&")
		if pair == "" {
			continue
		}
		if p.count++; p.count > maxParameters {
			p.err = "more than " + decimal(maxParameters) + " parameters"
			return false
		}
		p.name, p.value, _ = strings.Cut(pair, "=")
		if len(p.name) > maxName {
			p.err = "a parameter's name is longer than " + decimal(maxName) + " bytes"
			return false
		}
		return p.unescape()
	}
	return false
}

func (p *parameters) unescape() bool {
	name, err := url.QueryUnescape(p.name)
	if err != nil {
		p.err = "the name of parameter " + decimal(int64(p.count)) + " has a broken percent escape"
		return false
	}
	value, err := url.QueryUnescape(p.value)
	if err != nil {
		p.err = "parameter '" + echo(name) + "' has a broken percent escape"
		return false
	}
	p.name, p.value = name, value
	return true
}
