package pypi

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"golang.org/x/crypto/blake2b"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/format/serve"
)

// handleUpload stores one file with the fields that describe it.
func handleUpload(w http.ResponseWriter, r *http.Request, c *format.Call) error {
	parts, body, err := multipartReader(w, r, c)
	if err != nil {
		return err
	}
	change, err := c.Repository.Begin(r.Context(), upload)
	if err != nil {
		return err
	}
	defer change.Close() // leftover content is swept later
	u := &incoming{ctx: r.Context(), change: change, limit: c.MaxAsset, body: body}
	err = u.receive(parts)
	if err == nil {
		err = u.finish()
	}
	if err != nil {
		body.streams = true
		serve.Drain(r)
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "OK\n") // the file is durable even if the answer is lost
	return nil
}

// An incoming file is one upload. It lives as long as the request, and so holds
// its context.
type incoming struct {
	ctx    context.Context
	change format.Change
	limit  int64 // maximum size of the file, in bytes
	body   *formBody
	form   form

	project string
	version version
	claimed bool // whether the publication was authorized
	file    string
	content format.Staged
	blake2  hash.Hash // of the content; nil unless the form told the digest before it
}

func (u *incoming) receive(parts *multipart.Reader) error {
	for {
		part, err := u.form.next(parts)
		if err != nil || part == nil {
			return err
		}
		if part.FormName() == "content" {
			err = u.receiveFile(part)
		} else {
			err = u.form.read(part)
		}
		if err == nil && !u.claimed && u.form.name != "" && u.form.version != "" {
			err = u.claim()
		}
		if err != nil {
			return err
		}
	}
}

// claim authorizes the publication as soon as the fields name and version have been
// read.
func (u *incoming) claim() error {
	var err error
	u.project, err = projectName(u.form.name)
	if err != nil {
		return fault.Invalid("Field name: %s.", err)
	}
	u.version, err = parseVersion(u.form.version)
	if err != nil {
		return fault.Invalid("Field version: %s.", err)
	}
	_, err = u.change.Claim(u.ctx, format.Ref{Name: format.Name{Name: u.project}, Version: u.version.String()})
	if err != nil {
		return err
	}
	u.claimed = true
	u.body.claimed()
	return nil
}

func (u *incoming) checkFile() error {
	err := checkFile(u.file, u.form.filetype, u.project, u.version)
	if err != nil {
		return fault.Invalid("Field content: %s.", err)
	}
	return nil
}

func (u *incoming) receiveFile(part *multipart.Part) error {
	if u.content != nil {
		return fault.Invalid("The field content is given twice; an upload has one file.")
	}
	// The part's FileName method drops folders, and so would hide them.
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil || parameters["filename"] == "" {
		return fault.Invalid("The field content has no file name.")
	}
	u.file = parameters["filename"]
	limit := u.limit
	switch {
	case !u.claimed:
		limit = min(limit, maxUnnamed)
	case u.form.filetype != "":
		err = u.checkFile()
	}
	if err != nil {
		return err
	}
	u.body.streams = true
	defer func() { u.body.streams = false }()
	u.content, err = u.change.Stage(u.ctx, limit)
	if err != nil {
		return err
	}
	sink := &sink{to: u.content}
	if u.form.blake2 != "" {
		u.blake2 = newBLAKE2()
		sink.to = io.MultiWriter(u.content, u.blake2)
	}
	buffer := bufio.NewWriterSize(sink, 128<<10) // parts come in pieces of 4 KiB
	_, err = io.Copy(buffer, part)
	if err == nil {
		err = buffer.Flush()
	}
	switch {
	case sink.err != nil:
		return sink.err
	case err != nil:
		return malformed(err)
	}
	return nil
}

// A sink distinguishes errors of writing from errors of reading.
type sink struct {
	to  io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

func newBLAKE2() hash.Hash {
	h, err := blake2b.New256(nil)
	if err != nil {
		panic(err) // only a key can be wrong, and there is none
	}
	return h
}

// finish checks the whole upload and makes it durable.
func (u *incoming) finish() error {
	err := u.form.check()
	if err != nil {
		return err
	}
	if u.content == nil {
		return fault.Invalid("The field content is missing; it holds the file.")
	}
	err = u.checkFile()
	if err != nil {
		return err
	}
	err = u.checkDigests()
	if err != nil {
		return err
	}
	raw, err := extract(u.file, u.form.filetype, u.content, u.content.Size())
	if err != nil {
		return fault.Invalid("Field content: %s.", err)
	}
	err = u.body.room(int64(len(raw)))
	if err != nil {
		return err
	}
	about, err := u.describe(raw)
	if err == nil {
		err = checkSpecifier(about.requiresPython)
	}
	if err != nil {
		return fault.Invalid("Field content: %s: %s.", u.file, err)
	}
	description := about.describe()
	description.DisplayName = u.form.name
	release := format.VersionEdit{Version: u.version.String(), Description: &description}
	d, err := json.Marshal(detail{RequiresPython: about.requiresPython})
	if err != nil {
		return err
	}
	release.Assets = []format.NewAsset{{Name: u.file, Content: u.content, Detail: d}}
	if u.form.filetype == wheel {
		err := u.addMetadata(&release, raw)
		if err != nil {
			return err
		}
	}
	return u.change.Commit(u.ctx, &format.Edit{Versions: []format.VersionEdit{release}})
}

// checkDigests compares the digests of the content with those in the form.
func (u *incoming) checkDigests() error {
	digests := u.content.Digests()
	if u.form.blake2 != "" && u.blake2 == nil {
		u.blake2 = newBLAKE2()
		_, err := io.Copy(u.blake2, io.NewSectionReader(u.content, 0, u.content.Size()))
		if err != nil {
			return err
		}
	}
	checks := []struct{ field, told, got string }{
		{"sha256_digest", u.form.sha256, digests.SHA256},
		{"md5_digest", u.form.md5, digests.MD5},
	}
	if u.blake2 != nil {
		checks = append(checks, struct{ field, told, got string }{"blake2_256_digest", u.form.blake2, hex.EncodeToString(u.blake2.Sum(nil))})
	}
	for _, c := range checks {
		if c.told != "" && !strings.EqualFold(c.told, c.got) {
			return fault.Invalid("The field %s is %s, but the file that arrived has %s. Upload it again.", c.field, clip(c.told), c.got)
		}
	}
	return nil
}

// describe returns the file's own metadata, completed from the form.
func (u *incoming) describe(raw []byte) (*metadata, error) {
	if raw == nil {
		return &u.form.metadata, nil
	}
	m, err := parseMetadata(raw)
	if err != nil {
		return nil, err
	}
	name, err := projectName(m.name)
	if err != nil || name != u.project {
		return nil, errors.New("its metadata has the Name " + clip(m.name) + ", the upload " + clip(u.form.name))
	}
	v, err := parseVersion(m.version)
	if err != nil || v.sortKey() != u.version.sortKey() {
		return nil, errors.New("its metadata has the Version " + clip(m.version) + ", the upload " + clip(u.form.version))
	}
	m.merge(&u.form.metadata)
	return m, nil
}

// addMetadata adds a wheel's metadata as a file of its own, so that resolvers
// need not fetch the wheel: PEP 658.
func (u *incoming) addMetadata(release *format.VersionEdit, raw []byte) error {
	staged, err := u.change.Stage(u.ctx, maxMetadata)
	if err != nil {
		return err
	}
	_, err = staged.Write(raw)
	if err != nil {
		return err
	}
	release.Assets = append(release.Assets, format.NewAsset{Name: u.file + metadataSuffix, Content: staged})
	return nil
}
