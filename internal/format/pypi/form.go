package pypi

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

// Bounds on the form of an upload.
const (
	maxParts = 10_000
	maxForm  = 4 << 20 // bytes without the file
	// maxUnclaimed is how many of these may come before the name and the version,
	// from which it is known whether the caller may publish. Most clients send the
	// two first; twine 6 sends the fields of the metadata in any order.
	maxUnclaimed = 512 << 10

	// maxUnnamed bounds a file that comes before its name and version. Such a file is
	// stored before the authorization to publish it. Only distutils of Python 2 sends
	// the fields in such an order.
	maxUnnamed = 64 << 20 // bytes
)

// A formBody is the body of an upload. All of it but the file is kept in memory.
// That part is bounded, and reserves memory before it is read.
type formBody struct {
	io.ReadCloser
	hold    func(bytes int64) error // nil: there is always room
	left    int64                   // bytes that may still be held
	more    error                   // what is wrong with more
	streams bool                    // nothing of what is read now is held
}

func (b *formBody) Read(p []byte) (int, error) {
	if b.streams {
		return b.ReadCloser.Read(p)
	}
	if b.left <= 0 {
		return 0, b.more
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	full := b.room(int64(n))
	if full != nil {
		return 0, full
	}
	return n, err
}

// room reserves memory for bytes, or returns an error if there is none.
func (b *formBody) room(bytes int64) error {
	if b.hold == nil {
		return nil
	}
	return b.hold(bytes)
}

// claimed allows the rest of the form to be kept in memory.
func (b *formBody) claimed() {
	b.left += maxForm - maxUnclaimed
	b.more = fault.New(fault.BodyTooLarge, "The fields of the upload have more than %d bytes.", maxForm)
}

// A form holds the fields of an upload that have been read so far.
//
// Source: PyPI's "Upload API" page; the requests that twine, flit, poetry, uv
// and setuptools send.
type form struct {
	metadata
	action, protocol, filetype, sha256, md5, blake2 string
	parts                                           int
}

// once are the fields that may be given only once, because they decide where the
// file is stored.
func (f *form) once(name string) *string {
	switch name {
	case ":action":
		return &f.action
	case "protocol_version":
		return &f.protocol
	case "name":
		return &f.name
	case "version":
		return &f.version
	case "filetype":
		return &f.filetype
	case "sha256_digest":
		return &f.sha256
	case "md5_digest":
		return &f.md5
	case "blake2_256_digest":
		return &f.blake2
	}
	return nil
}

// read reads one field. Fields that Daypass does not use count towards the bounds
// as well.
func (f *form) read(part *multipart.Part) error {
	b, err := io.ReadAll(part) // of a [formBody]
	if err != nil {
		return malformed(err)
	}
	name := part.FormName()
	if p := f.once(name); p != nil {
		if *p != "" {
			return fault.Invalid("The field %s is given twice.", name)
		}
		*p = string(b)
		return nil
	}
	if name == "attestations" && len(b) > 0 {
		return fault.Invalid("The field attestations is refused: nothing here could verify or serve them. Upload without attestations.")
	}
	f.set(name, string(b))
	return nil
}

// next returns the next part of an upload, or nil after the last one.
func (f *form) next(r *multipart.Reader) (*multipart.Part, error) {
	if f.parts++; f.parts > maxParts {
		return nil, fault.New(fault.BodyTooLarge, "The upload has more than %d fields.", maxParts)
	}
	part, err := r.NextRawPart()
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, malformed(err)
	}
	return part, nil
}

// malformed returns the fault of a body that cannot be read to its end.
func malformed(err error) error { return serve.Unread(err, "a complete multipart form") }

// check reports what is missing or wrong in the fields that every upload has.
func (f *form) check() error {
	for _, name := range []string{":action", "name", "version", "filetype"} {
		if *f.once(name) == "" {
			return fault.Invalid("The field %s is missing; an upload has :action, name, version, filetype and content.", name)
		}
	}
	if f.action != "file_upload" {
		return fault.Invalid("The field :action is %q; expected file_upload.", clip(f.action))
	}
	if f.protocol != "" && f.protocol != "1" {
		return fault.Invalid("The field protocol_version is %q; expected 1.", clip(f.protocol))
	}
	if f.filetype != wheel && f.filetype != sdist {
		return fault.Invalid("The field filetype is %q; expected %s or %s.", clip(f.filetype), wheel, sdist)
	}
	return nil
}

// multipartReader returns the parts of a request's body, which has at most the
// form and one asset.
func multipartReader(w http.ResponseWriter, r *http.Request, c *format.Call) (*multipart.Reader, *formBody, error) {
	body := &formBody{ReadCloser: http.MaxBytesReader(w, r.Body, c.MaxAsset+maxForm), hold: c.Hold, left: maxUnclaimed,
		more: fault.Invalid("The fields name and version are not in the first %d bytes; they must come before large fields.", maxUnclaimed)}
	r.Body = body
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	m, err := r.MultipartReader()
	if err != nil || media != "multipart/form-data" {
		f := fault.Invalid("An upload is a POST of multipart/form-data, got %s.", contentTypeOf(r))
		f.Cause = err
		return nil, nil, f
	}
	return m, body, nil
}

func contentTypeOf(r *http.Request) string {
	if t := r.Header.Get("Content-Type"); t != "" {
		return fmt.Sprintf("%q", clip(t))
	}
	return "no Content-Type"
}
