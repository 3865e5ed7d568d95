package pypi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"net/http"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

func redirectToList(w http.ResponseWriter, _ *http.Request, _ *format.Call) error {
	serve.Redirect(w, "simple/")
	return nil
}

// byAccept is the value of the header Vary: pages depend on Accept. Answers share it,
// and only read it.
var byAccept = []string{"Accept"}

// pageType returns the media type of a page. If the client accepts none, it writes
// the answer and returns "".
func pageType(w http.ResponseWriter, r *http.Request) string {
	media := negotiate(r.Header.Values("Accept"))
	h := w.Header()
	h["Vary"] = byAccept
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

// handleProject answers with a project's page. It redirects other spellings of the
// name: PEP 503, "Specification". It also redirects an address without a slash at
// its end, which the page's relative links need.
func handleProject(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	given := r.PathValue("project")
	name, err := projectName(given)
	if err != nil {
		return fault.NotFoundResource("package", given, "%s", serve.Sentence(err))
	}
	if !strings.HasSuffix(r.URL.Path, "/") {
		serve.Redirect(w, name+"/")
		return nil
	}
	if name != given {
		serve.Redirect(w, "../"+name+"/")
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
	serve.Document(w, r, doc, c.Base, contentType(media))
	return nil
}

// handleList answers with the names of all projects.
func handleList(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	media := pageType(w, r)
	if media == "" {
		return nil
	}
	variant, render := "html", listHTML
	if media == typeJSON {
		variant, render = "json", listJSON
	}
	doc, err := c.Repository.Index(r.Context(), variant, render)
	if err != nil {
		return err
	}
	serve.Document(w, r, doc, c.Base, contentType(media))
	return nil
}

// listHTML makes the list of projects: PEP 503.
func listHTML(names iter.Seq2[format.Name, error]) ([]byte, error) {
	var b bytes.Buffer
	writeHead(&b, "Simple index")
	for n, err := range names {
		if err != nil {
			return nil, err
		}
		name := html.EscapeString(n.Name)
		b.WriteString(`<a href="` + name + `/">` + name + "</a><br>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.Bytes(), nil
}

// listJSON makes the list of projects: PEP 691.
func listJSON(names iter.Seq2[format.Name, error]) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"meta":{"api-version":"` + apiVersion + `"},"projects":[`)
	separator := ""
	for n, err := range names {
		if err != nil {
			return nil, err
		}
		quoted, err := json.Marshal(n.Name)
		if err != nil {
			return nil, err
		}
		b.WriteString(separator + `{"name":`)
		b.Write(quoted)
		b.WriteByte('}')
		separator = ","
	}
	b.WriteString("]}\n")
	return b.Bytes(), nil
}
