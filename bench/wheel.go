package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
)

// writeWheel makes a minimal wheel that carries so many bytes of filler.
func writeWheel(w io.Writer, name, version string, size int64) error {
	archive := zip.NewWriter(w)
	info := fmt.Sprintf("%s-%s.dist-info/", name, version)
	for _, file := range [][2]string{
		{info + "METADATA", fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version)},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "RECORD", ""},
	} {
		entry, err := archive.Create(file[0])
		if err == nil {
			_, err = io.WriteString(entry, file[1])
		}
		if err != nil {
			return err
		}
	}
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: name + ".bin", Method: zip.Store})
	if err != nil {
		return err
	}
	for size > 0 {
		n, err := entry.Write(filler[:min(size, int64(len(filler)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return archive.Close()
}

// wheelFile writes a wheel into a folder and returns its path.
func wheelFile(folder, name, version string, size int64) (string, error) {
	path := filepath.Join(folder, fmt.Sprintf("%s-%s-py3-none-any.whl", name, version))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	return path, errors.Join(writeWheel(f, name, version, size), f.Close())
}

// publish uploads a wheel as twine does.
func publish(ctx context.Context, repository, token, name, version string, wheel io.Reader) error {
	body, pipe := io.Pipe()
	defer body.Close()
	form := multipart.NewWriter(pipe)
	go func() { pipe.CloseWithError(fill(form, name, version, wheel)) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, repository, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.SetBasicAuth("aws", token)
	_, err = do(request)
	return err
}

func fill(form *multipart.Writer, name, version string, wheel io.Reader) error {
	for _, field := range [][2]string{
		{":action", "file_upload"}, {"protocol_version", "1"}, {"metadata_version", "2.1"},
		{"name", name}, {"version", version}, {"filetype", "bdist_wheel"}, {"pyversion", "py3"},
	} {
		err := form.WriteField(field[0], field[1])
		if err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("content", fmt.Sprintf("%s-%s-py3-none-any.whl", name, version))
	if err == nil {
		_, err = io.Copy(part, wheel)
	}
	return errors.Join(err, form.Close())
}
