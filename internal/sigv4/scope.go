package sigv4

import (
	"fmt"
	"strings"
	"time"
)

// A Scope is the credential scope and clock skew that a server accepts.
type Scope struct {
	Region  string        // empty: any
	Service string        // signing name, such as codeartifact; empty: any
	Skew    time.Duration // how far the request's date may be from now, both ways
}

const (
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
)

// CheckScope compares the signature's Region, service and date with what is accepted
// at now. It needs no secret, so that callers call it before they look one up.
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

// checkNames reports every wrong part in one message, as AWS does. The error has the
// reason of the first.
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
		wrong(WrongRegion, "Credential should be scoped to a valid region, not '%s'.", printableText(s.Region))
	}
	if s.Service == "" || accept.Service != "" && s.Service != accept.Service {
		wrong(WrongService, "Credential should be scoped to correct service: '%s'.", accept.Service)
	}
	if s.Terminator != terminator {
		wrong(WrongTerminator, "Credential should be scoped with a valid terminator: '%s', not '%s'", terminator, printableText(s.Terminator))
	}
	if reason == 0 {
		return nil
	}
	return &Error{reason, strings.Join(texts, " ")}
}

// checkDate checks that the request is not too old and not from the future. A
// presigned request is valid for its X-Amz-Expires, or for the skew if it has none.
func (s *Signature) checkDate(skew time.Duration, now time.Time) error {
	age := skew
	if s.Expires > 0 {
		age = s.Expires
	}
	if limit := now.Add(-age); s.Date.Before(limit) {
		return refuse(Expired, "Signature expired: %s is now earlier than %s (%s - %s)",
			s.date, formatDate(limit), formatDate(now), formatWindow(age))
	}
	if limit := now.Add(skew); s.Date.After(limit) {
		return refuse(NotYetCurrent, "Signature not yet current: %s is still later than %s (%s + %s)",
			s.date, formatDate(limit), formatDate(now), formatWindow(skew))
	}
	return nil
}

func formatDate(t time.Time) string { return t.UTC().Format(timeFormat) }

// formatWindow formats a duration as AWS does ("5 min."), or in seconds if it is not
// a whole number of minutes.
func formatWindow(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}
