package pypi

import (
	"net/http"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

// handleDownload answers with one file.
func handleDownload(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	ref, name, err := fileOf(r)
	if err != nil {
		return err
	}
	content, err := c.Repository.Open(r.Context(), ref, name)
	if err != nil {
		return err
	}
	defer content.Close() // only read
	contentType := "application/octet-stream"
	if isMetadata(name) {
		contentType = "text/plain; charset=utf-8"
	}
	return serve.Content(w, r, content, contentType)
}

// fileOf returns the file that the address of a download names.
func fileOf(r *http.Request) (format.Ref, string, error) {
	var ref format.Ref
	name := r.PathValue("file")
	project, err := projectName(r.PathValue("project"))
	if err == nil {
		ref.Name.Name = project
		ref.Version, err = NormalizeVersion(r.PathValue("version"))
	}
	if err != nil {
		return ref, "", fault.NotFoundResource("asset", name, "%s", serve.Sentence(err))
	}
	if len(name) > maxFile+len(metadataSuffix) || !fileRE().MatchString(name) {
		return ref, "", fault.NotFoundResource("asset", name, "%q is not the name of a file.", name)
	}
	return ref, name, nil
}
