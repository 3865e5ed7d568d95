package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestABrowserGetsAPageAndAClientOfTheAPIsAnError(t *testing.T) {
	t.Parallel()
	apis := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, test := range []struct {
		name, method, target, accept, authorization string
		page                                        bool
	}{
		{"a browser", "GET", "/", "text/html,application/xhtml+xml,*/*;q=0.8", "", true},
		{"a browser that only looks", "HEAD", "/", "text/html", "", true},
		{"curl", "GET", "/", "*/*", "", false},
		{"a presigned call", "GET", "/?Action=GetCallerIdentity", "text/html", "", false},
		{"a signed call", "GET", "/", "text/html", "AWS4-HMAC-SHA256 …", false},
		{"a call", "POST", "/", "text/html", "", false},
		{"another path", "GET", "/v1/domains", "text/html", "", false},
	} {
		r := httptest.NewRequest(test.method, test.target, nil)
		r.Header.Set("Accept", test.accept)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		w := httptest.NewRecorder()
		forPeople(apis).ServeHTTP(w, r)
		if got := w.Code == http.StatusOK && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"); got != test.page {
			t.Errorf("%s: status %d, %s; want a page: %t", test.name, w.Code, w.Header().Get("Content-Type"), test.page)
		}
	}
}

func TestSizesAreTakenWithAndWithoutUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"5": 5, "500MB": 500e6, "5GB": 5e9, "5GiB": 5 << 30, "4 KiB": 4 << 10, "-1": -1} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%q: %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "x", "5XB", "1e30GB", "99999999999999999999"} {
		var s size
		if err := s.Set(text); err == nil {
			t.Errorf("%q: %d, want an error", text, s)
		}
	}
}
