// Package pypi owns the PyPI format: uploads with the legacy form, which twine and
// others send, the simple API as HTML and JSON, downloads, project names and PEP
// 440 versions. It must never know who asks or where anything is kept.
package pypi

import (
	"fmt"
	"html"
	"net/http"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

// The actions of requests. The list of projects shows what ListPackages shows, and
// so needs the same permission.
var (
	upload = &format.Verb{Name: "upload", Package: []string{format.Publish}}
	list   = &format.Verb{Name: "list", Repository: []string{format.ListPackages}}
	read   = &format.Verb{Name: "read", Repository: []string{format.Read}}
)

// Format is PyPI.
var Format = &format.Format{
	Name: "pypi",
	Routes: []format.Route{
		// Clients post to the address of the repository as it was configured,
		// with or without its last slash.
		{Method: "POST", Pattern: "", Verbs: []*format.Verb{upload}, Handle: handleUpload},
		{Method: "POST", Pattern: "/{$}", Verbs: []*format.Verb{upload}, Handle: handleUpload},
		{Method: "GET", Pattern: "/simple", Verbs: []*format.Verb{list}, Handle: redirectToList},
		{Method: "GET", Pattern: "/simple/{$}", Verbs: []*format.Verb{list}, Handle: handleList},
		{Method: "GET", Pattern: "/simple/{project}", Verbs: []*format.Verb{read}, Handle: handleProject},
		{Method: "GET", Pattern: "/simple/{project}/{$}", Verbs: []*format.Verb{read}, Handle: handleProject},
		{Method: "GET", Pattern: "/simple/{project}/{version}/{file}", Verbs: []*format.Verb{read}, Handle: handleDownload},
	},
	Challenges:       []string{"Bearer", "Basic"},
	NormalizeName:    NormalizeName,
	NormalizeVersion: NormalizeVersion,
	SortKey:          SortKey,
	OneVersionPerKey: true,
	AssetKey:         fileKey,
	Auxiliary:        isMetadata,
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
	serve.Refuse(w, e, contentType, text+"\n")
}
