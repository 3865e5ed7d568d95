// Package pypi owns the PyPI format: uploads with the legacy form of twine and
// its kin, the simple API as HTML and JSON, downloads, project names and
// PEP 440 versions. It must never know who asks or where anything is kept.
package pypi

import (
	"fmt"
	"html"
	"net/http"
	"strconv"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// Format is PyPI.
var Format = &format.Format{
	Name: "pypi",
	Routes: []format.Route{
		// Clients post to the address of the repository as it was configured,
		// with or without its last slash.
		{Method: "POST", Pattern: "", Action: format.Publish, Handle: handleUpload},
		{Method: "POST", Pattern: "/{$}", Action: format.Publish, Handle: handleUpload},
		// The list tells what ListPackages tells, and so asks for the same right.
		{Method: "GET", Pattern: "/simple", Action: format.ListPackages, Handle: redirectToList},
		{Method: "GET", Pattern: "/simple/{$}", Action: format.ListPackages, Handle: handleList},
		{Method: "GET", Pattern: "/simple/{project}", Action: format.Read, Handle: handleProject},
		{Method: "GET", Pattern: "/simple/{project}/{$}", Action: format.Read, Handle: handleProject},
		{Method: "GET", Pattern: "/simple/{project}/{version}/{file}", Action: format.Read, Handle: handleDownload},
	},
	Challenges:       []string{"Bearer", "Basic"},
	NormalizeName:    NormalizeName,
	NormalizeVersion: NormalizeVersion,
	SortKey:          SortKey,
	GrowsVersions:    true,
	WriteError:       writeError,
}

// writeError answers in plain text, which twine and curl show, or as a page to
// a browser.
func writeError(w http.ResponseWriter, r *http.Request, e *fault.Error) {
	status := format.Code(e)
	text := fmt.Sprintf("%d %s: %s", status, http.StatusText(status), e.Message)
	contentType := "text/plain; charset=utf-8"
	if wantsPage(r.Header.Values("Accept")) {
		contentType = "text/html; charset=utf-8"
		text = "<!DOCTYPE html>\n<title>" + html.EscapeString(http.StatusText(status)) + "</title>\n<p>" + html.EscapeString(text) + "</p>"
	}
	h := w.Header()
	// Nothing that was meant for the answer without the error stays.
	for _, name := range []string{"ETag", "Last-Modified", "Content-Encoding", "Content-Length"} {
		h.Del(name)
	}
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may be gone; there is no one to tell
}
