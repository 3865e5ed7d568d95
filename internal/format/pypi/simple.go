package pypi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// redirect sends a client to an address relative to the one that it asked for,
// which also holds behind a proxy that changes addresses.
func redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusMovedPermanently)
}

func redirectToList(w http.ResponseWriter, _ *http.Request, _ *format.Call) error {
	redirect(w, "simple/")
	return nil
}

// pageType returns the media type to answer a page with. If none will do it
// answers itself and returns "".
func pageType(w http.ResponseWriter, r *http.Request) string {
	media := negotiate(r.Header.Values("Accept"))
	h := w.Header()
	h["Vary"] = varyAccept
	if media != "" {
		return media
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotAcceptable)
	fmt.Fprintf(w, "406 Not Acceptable: this page can be had as %s, %s or %s.\n", typeJSON, typeHTML, typeText)
	return ""
}

func contentType(media string) string {
	if media == typeText {
		return "text/html; charset=utf-8"
	}
	return media
}

// handleProject answers with a project's page. Other spellings of the name,
// and a missing slash, which the page's relative links need, are redirected:
// PEP 503, "Specification".
func handleProject(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	given := r.PathValue("project")
	name, err := projectName(given)
	if err != nil {
		return fault.NotFoundResource("package", given, "%s", capital(err))
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		redirect(w, name+"/")
		return nil
	}
	if name != given {
		redirect(w, "../"+name+"/")
		return nil
	}
	media := pageType(w, r)
	if media == "" {
		return nil
	}
	variant, render := "html", renderHTML
	if media == typeJSON {
		variant, render = "json", renderJSON
	}
	doc, err := c.Repository.Document(r.Context(), format.Name{Name: name}, variant, render)
	if err != nil {
		return err
	}
	writeDocument(w, r, doc, contentType(media))
	return nil
}

// Header values that every page has. They are shared between answers, whose
// writers only read them.
var (
	revalidate = []string{"private, no-cache"} // the next upload changes a page
	noSniff    = []string{"nosniff"}
	varyAccept = []string{"Accept"}
)

// writeDocument answers with a document, or that the client's copy is good.
func writeDocument(w http.ResponseWriter, r *http.Request, doc *format.Document, contentType string) {
	h := w.Header()
	h["Etag"] = []string{doc.ETag}
	h["Cache-Control"] = revalidate
	if matches(r.Header["If-None-Match"], doc.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = []string{contentType}
	h["X-Content-Type-Options"] = noSniff
	h["Content-Length"] = []string{strconv.Itoa(len(doc.Body))}
	_, _ = w.Write(doc.Body) // the client may be gone; there is no one to tell
}

// matches reports whether an If-None-Match header names the tag, by the weak
// comparison of RFC 9110, section 8.8.3.2.
func matches(header []string, tag string) bool {
	for _, line := range header {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			item = strings.TrimSpace(item)
			if item == "*" || strings.TrimPrefix(item, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// listPage is how many names of projects are asked for at a time.
const listPage = 1000

// handleList answers with the names of all projects, written as they come: a
// repository may hold more than should be in memory for one request.
func handleList(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	media := pageType(w, r)
	if media == "" {
		return nil
	}
	names, err := c.Repository.Packages(r.Context(), format.Name{}, listPage)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType(media))
	w.Header().Set("Cache-Control", "private, no-cache")
	list := listWriter{json: media == typeJSON}
	list.begin()
	for {
		for _, n := range names {
			list.project(n.Name)
		}
		last := len(names) < listPage
		if last {
			list.end()
		}
		if _, err := list.WriteTo(w); err != nil || last {
			return nil // either all is said, or the client is gone
		}
		names, err = c.Repository.Packages(r.Context(), names[len(names)-1], listPage)
		if err != nil {
			// The status is sent. A connection cut short is the one way left to
			// say that this is not the whole list.
			panic(http.ErrAbortHandler)
		}
	}
}

// A listWriter writes the list of projects: PEP 503, and PEP 691 for JSON.
type listWriter struct {
	bytes.Buffer
	json bool
	more bool
}

func (l *listWriter) begin() {
	if l.json {
		l.WriteString(`{"meta":{"api-version":"` + apiVersion + `"},"projects":[`)
		return
	}
	writeHead(&l.Buffer, "Simple index")
}

func (l *listWriter) project(name string) {
	if !l.json {
		name = html.EscapeString(name)
		l.WriteString(`<a href="` + name + `/">` + name + "</a><br>\n")
		return
	}
	if l.more {
		l.WriteByte(',')
	}
	l.more = true
	quoted, _ := json.Marshal(name) // a string always has a JSON form
	l.WriteString(`{"name":`)
	l.Write(quoted)
	l.WriteByte('}')
}

func (l *listWriter) end() {
	if l.json {
		l.WriteString("]}\n")
		return
	}
	l.WriteString("</body>\n</html>\n")
}

// capital makes a sentence of an error.
func capital(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
