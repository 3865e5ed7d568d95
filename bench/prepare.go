package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
)

const (
	domain = "bench"
	owner  = "000000000000"
)

// prepare makes a domain, a repository and packages, and the requests to time.
func prepare(ctx context.Context, bareURL, daypassURL string) ([]scenario, error) {
	client := codeartifact.New(codeartifact.Options{
		BaseEndpoint: &daypassURL, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(access.AccessKeyID, access.SecretAccessKey, ""),
	})
	_, err := client.CreateDomain(ctx, &codeartifact.CreateDomainInput{Domain: aws.String(domain)})
	if err != nil {
		return nil, err
	}
	_, err = client.CreateRepository(ctx, &codeartifact.CreateRepositoryInput{Domain: aws.String(domain), Repository: aws.String("repo")})
	if err != nil {
		return nil, err
	}
	got, err := client.GetAuthorizationToken(ctx, &codeartifact.GetAuthorizationTokenInput{Domain: aws.String(domain)})
	if err != nil {
		return nil, err
	}
	bareToken, err := fetch(ctx, bareURL+"/token", "")
	if err != nil {
		return nil, err
	}
	issue := scenario{name: "GetAuthorizationToken"}
	for base, request := range map[string]**http.Request{bareURL: &issue.bare, daypassURL: &issue.daypass} {
		*request, err = signed(ctx, base+"/v1/authorization-token?domain="+domain)
		if err != nil {
			return nil, err
		}
	}
	scenarios := []scenario{issue}
	repository := daypassURL + "/pypi/d/" + domain + "-" + owner + "/repo/"
	for _, page := range []struct {
		name  string
		files int
	}{{"small", 4}, {"large", 440}} {
		s, err := simplePage(ctx, repository, *got.AuthorizationToken, page.name, page.files, bareURL, string(bareToken))
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// simplePage publishes a package with so many files and times its index page
// against a page of the same size.
func simplePage(ctx context.Context, repository, token, name string, files int, bareURL, bareToken string) (scenario, error) {
	for i := range files {
		err := publish(ctx, repository, token, name, fmt.Sprintf("1.%d", i))
		if err != nil {
			return scenario{}, err
		}
	}
	url := repository + "simple/" + name + "/"
	body, err := fetch(ctx, url, token)
	if err != nil {
		return scenario{}, err
	}
	s := scenario{name: fmt.Sprintf("PyPI simple page, %d files, %.1f KiB", files, float64(len(body))/1024)}
	s.bare, err = bearer(ctx, fmt.Sprintf("%s/page/%d", bareURL, len(body)), bareToken)
	if err != nil {
		return s, err
	}
	s.daypass, err = bearer(ctx, url, token)
	return s, err
}

func signed(ctx context.Context, url string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, err
	}
	empty := sha256.Sum256(nil)
	err = signer.NewSigner().SignHTTP(ctx, access, request, hex.EncodeToString(empty[:]), "codeartifact", "us-east-1", time.Now())
	return request, err
}

func bearer(ctx context.Context, url, token string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err == nil && token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, err
}

func fetch(ctx context.Context, url, token string) ([]byte, error) {
	request, err := bearer(ctx, url, token)
	if err != nil {
		return nil, err
	}
	return do(request)
}

func do(request *http.Request) ([]byte, error) {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return body, err
}

// publish uploads a minimal wheel as twine does.
func publish(ctx context.Context, repository, token, name, version string) error {
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version)
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	info := fmt.Sprintf("%s-%s.dist-info/", name, version)
	for path, text := range map[string]string{
		info + "METADATA": metadata,
		info + "WHEEL":    "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "RECORD":   "",
	} {
		w, err := archive.Create(path)
		if err != nil {
			return err
		}
		_, _ = io.WriteString(w, text)
	}
	err := archive.Close()
	if err != nil {
		return err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{
		{":action", "file_upload"}, {"protocol_version", "1"}, {"metadata_version", "2.1"},
		{"name", name}, {"version", version}, {"filetype", "bdist_wheel"}, {"pyversion", "py3"},
	} {
		_ = form.WriteField(field[0], field[1])
	}
	part, err := form.CreateFormFile("content", fmt.Sprintf("%s-%s-py3-none-any.whl", name, version))
	if err != nil {
		return err
	}
	_, _ = part.Write(wheel.Bytes())
	_ = form.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, repository, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.SetBasicAuth("aws", token)
	_, err = do(request)
	return err
}
