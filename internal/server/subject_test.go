package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestARecordedPathIsAsSentButForATokenThatEscapesHide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Ab-_9", 60)
	for path, want := range map[string]string{
		"/pypi/d/dom-1/repo/simple/a%2Fb%5fc/":                   "/pypi/simple/a%2Fb%5fc/",
		"/pypi/d/dom-1/repo/simple/x%2Fdaypass_" + long + "%2Fy": "/pypi/simple/x%2Fdaypass_" + long + "%2Fy", // the masking of the record finds it
		"/pypi/d/dom-1/repo/simple/daypass%5F" + long + "/a%2Fb": "/pypi/simple/HIDDEN_DUE_TO_SECURITY_REASONS/a/b",
		"/pypi/d/dom-1/repo/%64aypass-session_" + long + "%41":   "/pypi/HIDDEN_DUE_TO_SECURITY_REASONS",
	} {
		var s subject
		s.packageRequest("pypi", "", httptest.NewRequest(http.MethodGet, path, http.NoBody))
		if s.uri != want {
			t.Errorf("%s: %s, want %s", path, s.uri, want)
		}
	}
}

func TestAnEventCountsWhatItKeepsOfItsRequestInMemory(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 32<<10)
	for _, of := range []*surface{nil, {}} {
		r := httptest.NewRequest(http.MethodGet, "/pypi/?"+long, http.NoBody)
		r.Header.Set("Authorization", long)
		r.Header.Set("X-Amz-Security-Token", long)
		e := &event{path: r.URL.Path}
		e.subject.surface = of
		e.call.AccessKeyID = "AKIA"
		e.subject.finish(e, r)
		if got, want := e.size(), 3*len(long); got < want {
			t.Errorf("%d bytes, want at least %d", got, want)
		}
	}
}
