package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAReasonPhraseIsOneLineOfPrintableASCII(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"The field name is missing.":               "The field name is missing.",
		"one\r\nInjected: header":                  "one Injected: header",
		"Ren\u00e9 \u202e\x1b[2J":                  "Ren? ??[2J",
		strings.Repeat("x", 600) + " and the rest": strings.Repeat("x", 500),
		"": "",
	} {
		if got := phrase(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

// why is the message for a body that is not a form.
const why = "An upload is a POST of multipart/form-data, got no Content-Type."

// twine shows the reason phrase, and the body only with --verbose.
func TestARefusedUploadTellsWhyInItsReasonPhrase(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	url := b.url + "/pypi/d/dom-000000000000/repo/"
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("aws", token)
	answer, body := send(t, r)
	if want := "400 " + why; answer.Status != want {
		t.Errorf("status line %q, want %q", answer.Status, want)
	}
	if want := "400 Bad Request: " + why + "\n"; body != want {
		t.Errorf("body %q, want %q", body, want)
	}
	for _, name := range []string{"Date", "X-Amzn-Requestid", "Content-Type"} {
		if answer.Header.Get(name) == "" {
			t.Errorf("the answer has no %s", name)
		}
	}
	if !answer.Close {
		t.Error("the connection stays open")
	}
	// Only uploads have a reason phrase of their own.
	answer, _ = get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/none/", token)
	if answer.Status != "404 Not Found" || answer.Close {
		t.Errorf("a page: status line %q, closed: %v", answer.Status, answer.Close)
	}
}

func TestTheLogHasTheSentenceOfARefusedUpload(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	r := httptest.NewRequest(http.MethodPost, "/pypi/d/dom-000000000000/repo/", strings.NewReader("x"))
	r.SetBasicAuth("aws", token)
	w := httptest.NewRecorder() // its connection cannot be taken over
	b.server.handler.ServeHTTP(w, r)
	if log := b.logged(); w.Code != 400 || !strings.Contains(log, `"message":"`+why+`"`) {
		t.Errorf("%d; the log lacks the sentence:\n%s", w.Code, log)
	}
}
