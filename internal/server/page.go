package server

import (
	"io"
	"net/http"
	"strings"
)

// page is the answer to a person who opens the server's address in a browser.
const page = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Daypass</title>
<h1>Daypass</h1>
<p>This is the address of a package service with the API of AWS CodeArtifact. It has no pages:
clients use it as their <code>AWS_ENDPOINT_URL</code>, and package managers with a token of
<code>GetAuthorizationToken</code>.</p>
<p>It answers at <a href="/healthz">/healthz</a> whether it is alive, and at <a href="/readyz">/readyz</a> whether it is ready.</p>
</html>
`

// forPeople answers a browser that opens the path /, where next would answer with an error
// in XML. Requests of the APIs at that path have a query, a body or a signature.
func forPeople(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !reads || r.URL.Path != "/" || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		_, _ = io.WriteString(w, page) // an error means that the client left
	})
}
