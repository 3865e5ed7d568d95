package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// A Filter picks records. Empty members pick all.
type Filter struct {
	Principal   string // ARN: of the caller, or of the role or user that its session comes from
	AccessKeyID string // or a token's id: its uses, its issue, and what was done to it
	Domain      string
	Repository  string // in Domain
	Event       string
	Errors      bool // refusals and failures alone
	Since       time.Time
	Until       time.Time // not included
}

// Match reports whether a record is one of those.
func (f *Filter) Match(r *Record) bool {
	return (f.Principal == "" || f.principal(&r.UserIdentity)) &&
		(f.AccessKeyID == "" || f.key(r)) &&
		(f.Domain == "" || f.place(r)) &&
		(f.Event == "" || strings.EqualFold(f.Event, r.EventName)) &&
		(!f.Errors || r.ErrorCode != "") &&
		f.time(r)
}

func (f *Filter) principal(id *Identity) bool {
	if id.ARN == f.Principal {
		return true
	}
	s := id.SessionContext
	return s != nil && s.SessionIssuer != nil && s.SessionIssuer.ARN == f.Principal
}

func (f *Filter) key(r *Record) bool {
	if r.UserIdentity.AccessKeyID == f.AccessKeyID {
		return true
	}
	if a := r.AdditionalEventData; a != nil && (a.TokenID == f.AccessKeyID || a.UnverifiedAccessKeyID == f.AccessKeyID) {
		return true
	}
	// As AssumeRole gives it, and RevokeToken and DeleteAccessKey take it.
	text := []byte(`"` + f.AccessKeyID + `"`)
	return bytes.Contains(r.ResponseElements, text) || bytes.Contains(r.RequestParameters, text)
}

func (f *Filter) place(r *Record) bool {
	p := r.Package()
	return p.Domain == f.Domain && (f.Repository == "" || p.Repository == f.Repository)
}

func (f *Filter) time(r *Record) bool {
	if f.Since.IsZero() && f.Until.IsZero() {
		return true
	}
	at, err := time.Parse(time.RFC3339, r.EventTime)
	// Records have whole seconds: the one in which Since lies counts.
	return err == nil && !at.Before(f.Since.Truncate(time.Second)) && (f.Until.IsZero() || at.Before(f.Until))
}

// Package returns what a record says of domain, repository and package; of an
// API call too, as CodeArtifact's have the same names.
func (r *Record) Package() Package {
	var p Package
	_ = json.Unmarshal(r.RequestParameters, &p) // of other services: nothing
	return p
}
