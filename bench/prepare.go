package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const (
	domain = "bench"
	owner  = "000000000000"
	role   = "arn:aws:iam::" + owner + ":role/bench"
)

// prepare makes a domain, a repository, a role and packages, and the requests to
// time. The file is the wheel that both servers serve whole.
func prepare(ctx context.Context, bareURL, daypassURL, file string) ([]scenario, error) {
	token, err := makeRepository(ctx, daypassURL)
	if err != nil {
		return nil, err
	}
	bareToken, err := fetch(ctx, bareURL+"/token", "")
	if err != nil {
		return nil, err
	}
	at := site{bareURL, string(bareToken), daypassURL, repository(daypassURL), token}
	err = makeRole(ctx, daypassURL)
	if err != nil {
		return nil, err
	}
	var scenarios []scenario
	for _, prepare := range []func(context.Context) (scenario, error){
		func(ctx context.Context) (scenario, error) {
			return at.api(ctx, "GetAuthorizationToken", "codeartifact", "/v1/authorization-token?domain="+domain, nil)
		},
		func(ctx context.Context) (scenario, error) { return at.sts(ctx, "GetCallerIdentity", nil) },
		func(ctx context.Context) (scenario, error) {
			return at.sts(ctx, "AssumeRole", url.Values{"RoleArn": {role}, "RoleSessionName": {"bench"}})
		},
		func(ctx context.Context) (scenario, error) { return at.page(ctx, "small", 4) },
		func(ctx context.Context) (scenario, error) { return at.page(ctx, "large", 440) },
		func(ctx context.Context) (scenario, error) { return at.download(ctx, file) },
	} {
		s, err := prepare(ctx)
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// makeRepository returns a token for what it made.
func makeRepository(ctx context.Context, daypassURL string) (string, error) {
	client := codeartifact.New(codeartifact.Options{BaseEndpoint: &daypassURL, Region: "us-east-1", Credentials: keys()})
	_, err := client.CreateDomain(ctx, &codeartifact.CreateDomainInput{Domain: aws.String(domain)})
	if err != nil {
		return "", err
	}
	_, err = client.CreateRepository(ctx, &codeartifact.CreateRepositoryInput{Domain: aws.String(domain), Repository: aws.String("repo")})
	if err != nil {
		return "", err
	}
	return askToken(ctx, daypassURL)
}

func askToken(ctx context.Context, daypassURL string) (string, error) {
	client := codeartifact.New(codeartifact.Options{BaseEndpoint: &daypassURL, Region: "us-east-1", Credentials: keys()})
	got, err := client.GetAuthorizationToken(ctx, &codeartifact.GetAuthorizationTokenInput{Domain: aws.String(domain)})
	if err != nil {
		return "", err
	}
	return *got.AuthorizationToken, nil
}

func makeRole(ctx context.Context, daypassURL string) error {
	client := iam.New(iam.Options{BaseEndpoint: &daypassURL, Region: "us-east-1", Credentials: keys()})
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("bench"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:root"},"Action":"sts:AssumeRole"}]}`)})
	return err
}

func repository(daypassURL string) string {
	return daypassURL + "/pypi/d/" + domain + "-" + owner + "/repo/"
}

func keys() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(access.AccessKeyID, access.SecretAccessKey, "")
}

// A site is where the two servers are, and what opens them.
type site struct{ bareURL, bareToken, daypassURL, repository, token string }

// api prepares the same signed request to both.
func (s site) api(ctx context.Context, name, service, target string, body []byte) (scenario, error) {
	bare, err := signed(ctx, s.bareURL+target, service, body)
	if err != nil {
		return scenario{}, err
	}
	daypass, err := signed(ctx, s.daypassURL+target, service, body)
	return scenario{name, bare, daypass}, err
}

func (s site) sts(ctx context.Context, action string, parameters url.Values) (scenario, error) {
	body := "Action=" + action + "&Version=2011-06-15"
	if len(parameters) > 0 {
		body += "&" + parameters.Encode()
	}
	return s.api(ctx, action, "sts", "/", []byte(body))
}

// page publishes a package with so many files and times its index page against
// a page of the same size.
func (s site) page(ctx context.Context, name string, files int) (scenario, error) {
	for i := range files {
		version := fmt.Sprintf("1.%d", i)
		var wheel bytes.Buffer
		err := writeWheel(&wheel, name, version, 0)
		if err == nil {
			err = publish(ctx, s.repository, s.token, name, version, &wheel)
		}
		if err != nil {
			return scenario{}, err
		}
	}
	url := s.repository + "simple/" + name + "/"
	body, err := fetch(ctx, url, s.token)
	if err != nil {
		return scenario{}, err
	}
	title := fmt.Sprintf("PyPI simple page, %d files, %.1f KiB", files, float64(len(body))/1024)
	return s.read(ctx, title, fmt.Sprintf("/page/%d", len(body)), url)
}

// download publishes a wheel and times it against the same file.
func (s site) download(ctx context.Context, path string) (scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return scenario{}, err
	}
	defer f.Close()
	name, rest, _ := strings.Cut(filepath.Base(path), "-")
	version, _, _ := strings.Cut(rest, "-")
	err = publish(ctx, s.repository, s.token, name, version, f)
	if err != nil {
		return scenario{}, err
	}
	return s.read(ctx, "download, 100 MiB", "/file", s.repository+"simple/"+name+"/"+version+"/"+filepath.Base(path))
}

func (s site) read(ctx context.Context, name, bareTarget, url string) (scenario, error) {
	bare, err := bearer(ctx, s.bareURL+bareTarget, s.bareToken)
	if err != nil {
		return scenario{}, err
	}
	daypass, err := bearer(ctx, url, s.token)
	return scenario{name, bare, daypass}, err
}

func signed(ctx context.Context, url, service string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	hash := sha256.Sum256(body)
	err = signer.NewSigner().SignHTTP(ctx, access, request, hex.EncodeToString(hash[:]), service, "us-east-1", time.Now())
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
