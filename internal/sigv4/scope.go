package sigv4

import (
	"fmt"
	"strings"
	"time"
)

// A Scope is what a door accepts.
type Scope struct {
	Region  string        // empty: any
	Service string        // signing name, such as codeartifact; empty: any
	Skew    time.Duration // how far the request's date may be from now, both ways
}

const (
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
)

// CheckScope compares what the signature says of Region, service and date with
// what is accepted at now. It needs no secret, so callers do it before they
// look one up.
func (s *Signature) CheckScope(accept Scope, now time.Time) error {
	err := s.checkNames(accept)
	if err != nil {
		return err
	}
	if len(s.date) < 8 || s.ScopeDate != s.date[:8] {
		return &Error{WrongDate, messageDate}
	}
	return s.checkDate(accept.Skew, now)
}

// checkNames reports every wrong part in one message, as AWS does; the reason
// is that of the first.
func (s *Signature) checkNames(accept Scope) error {
	var reason Reason
	var texts []string
	wrong := func(r Reason, format string, args ...any) {
		if reason == 0 {
			reason = r
		}
		texts = append(texts, fmt.Sprintf(format, args...))
	}
	if s.Region == "" || accept.Region != "" && s.Region != accept.Region {
		wrong(WrongRegion, "Credential should be scoped to a valid region, not '%s'.", shown(s.Region))
	}
	if s.Service == "" || accept.Service != "" && s.Service != accept.Service {
		wrong(WrongService, "Credential should be scoped to correct service: '%s'.", accept.Service)
	}
	if s.Terminator != terminator {
		wrong(WrongTerminator, "Credential should be scoped with a valid terminator: '%s', not '%s'", terminator, shown(s.Terminator))
	}
	if reason == 0 {
		return nil
	}
	return &Error{reason, strings.Join(texts, " ")}
}

// checkDate judges freshness. A presigned request is fresh for as long as it
// says itself, or for the skew if it does not say.
func (s *Signature) checkDate(skew time.Duration, now time.Time) error {
	age := skew
	if s.Expires > 0 {
		age = s.Expires
	}
	if limit := now.Add(-age); s.Date.Before(limit) {
		return refuse(Expired, "Signature expired: %s is now earlier than %s (%s - %s)",
			s.date, stamp(limit), stamp(now), span(age))
	}
	if limit := now.Add(skew); s.Date.After(limit) {
		return refuse(NotYetCurrent, "Signature not yet current: %s is still later than %s (%s + %s)",
			s.date, stamp(limit), stamp(now), span(skew))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// span prints a window as AWS does ("5 min."), or in seconds where minutes
// would not be exact.
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}
