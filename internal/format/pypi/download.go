package pypi

import (
	"net/http"
	"strings"

	"daypass/internal/fault"
	"daypass/internal/format"
)

// handleDownload answers with one file: ranges, HEAD and conditions are
// net/http's.
func handleDownload(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	ref, name, err := fileOf(r)
	if err != nil {
		return err
	}
	asset, err := c.Repository.Asset(r.Context(), ref, name)
	if err != nil {
		return err
	}
	content, err := c.Repository.Open(r.Context(), asset)
	if err != nil {
		return err
	}
	defer content.Close() // only read
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	if strings.HasSuffix(name, metadataSuffix) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+asset.Digests.SHA256+`"`)
	// A published file never changes; a shared cache must not hand it to those
	// who have no token.
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	return format.ServeContent(w, r, asset.Uploaded, content)
}

// fileOf returns what the address of a download names.
func fileOf(r *http.Request) (format.Ref, string, error) {
	var ref format.Ref
	name := r.PathValue("file")
	project, err := projectName(r.PathValue("project"))
	if err == nil {
		ref.Name.Name = project
		ref.Version, err = NormalizeVersion(r.PathValue("version"))
	}
	if err != nil {
		return ref, "", fault.NotFoundResource("asset", name, "%s", capital(err))
	}
	if len(name) > maxFile+len(metadataSuffix) || !fileRE().MatchString(name) {
		return ref, "", fault.NotFoundResource("asset", name, "%q is not the name of a file.", name)
	}
	return ref, name, nil
}
