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

// What the bare handler and nginx serve, in the folder of files.
const (
	pageSuffix   = ".html"
	packedSuffix = ".gz" // after pageSuffix
	downloadFile = "download-1.0-py3-none-any.whl"
)

// publishAll makes a domain, a repository, a role and packages, and writes what the
// other servers answer with into a folder: the bytes of pages as Daypass answers with
// them, plain and compressed, and the wheel of the download.
func publishAll(ctx context.Context, daypassURL, files string) (*site, error) {
	err := os.MkdirAll(files, 0o700)
	if err != nil {
		return nil, err
	}
	token, err := makeRepository(ctx, daypassURL)
	if err != nil {
		return nil, err
	}
	err = makeRole(ctx, daypassURL)
	if err != nil {
		return nil, err
	}
	at := &site{daypassURL: daypassURL, repository: repository(daypassURL), token: token}
	for _, index := range []struct {
		name  string
		files int
	}{{"small", 4}, {"large", 440}} {
		p, err := at.publishPage(ctx, index.name, index.files)
		if err == nil {
			err = os.WriteFile(filepath.Join(files, p.name+pageSuffix), p.plain, 0o600)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(files, p.name+pageSuffix+packedSuffix), p.packed, 0o600)
		}
		if err != nil {
			return nil, err
		}
		at.pages = append(at.pages, p)
	}
	path, err := wheelFile(files, "download", "1.0", 100<<20)
	if err != nil {
		return nil, err
	}
	wheel, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer wheel.Close()
	return at, publish(ctx, at.repository, at.token, "download", "1.0", wheel)
}

// scenarios are the requests to time. Without nginx, which is nil then, the download
// is compared with the bare handler alone.
func (s *site) scenarios(ctx context.Context, bare, nginx *process) ([]scenario, error) {
	token, err := fetch(ctx, bare.url+"/token", "")
	if err != nil {
		return nil, err
	}
	assume := url.Values{"RoleArn": {role}, "RoleSessionName": {"bench"}}
	all := []func() (scenario, error){
		func() (scenario, error) {
			return s.api(ctx, bare, "GetAuthorizationToken", "codeartifact", "/v1/authorization-token?domain="+domain, nil)
		},
		func() (scenario, error) { return s.sts(ctx, bare, "GetCallerIdentity", nil) },
		func() (scenario, error) { return s.sts(ctx, bare, "AssumeRole", assume) },
	}
	for _, p := range s.pages {
		all = append(all, func() (scenario, error) {
			return s.read(ctx, p.title+", gzip", bare, string(token), "/page/"+p.name+pageSuffix+packedSuffix, p.url, "gzip")
		})
	}
	large := s.pages[len(s.pages)-1]
	all = append(all, func() (scenario, error) {
		return s.read(ctx, large.title+", plain", bare, string(token), "/page/"+large.name+pageSuffix, large.url, "identity")
	})
	all = append(all, func() (scenario, error) {
		return s.download(ctx, bare, string(token), "100 MiB, in MB, beside Go's file server")
	})
	if nginx != nil {
		all = append(all, func() (scenario, error) { return s.download(ctx, nginx, "", "100 MiB, in MB, beside nginx") })
	}
	scenarios := make([]scenario, len(all))
	for i, prepare := range all {
		scenarios[i], err = prepare()
		if err != nil {
			return nil, err
		}
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

// A site is where Daypass is, what opens it and what it has.
type site struct {
	daypassURL, repository, token string
	pages                         []page
}

// A page is a package's index page, as the server answers with it to clients that do
// and do not take compressed answers.
type page struct {
	name, title, url string
	plain, packed    []byte
}

// api prepares the same signed request to both.
func (s *site) api(ctx context.Context, bare *process, name, service, target string, body []byte) (scenario, error) {
	other, err := signed(ctx, bare.url+target, service, body)
	if err != nil {
		return scenario{}, err
	}
	daypass, err := signed(ctx, s.daypassURL+target, service, body)
	return scenario{name: name, beside: bare, other: other, daypass: daypass}, err
}

func (s *site) sts(ctx context.Context, bare *process, action string, parameters url.Values) (scenario, error) {
	body := "Action=" + action + "&Version=2011-06-15"
	if len(parameters) > 0 {
		body += "&" + parameters.Encode()
	}
	return s.api(ctx, bare, action, "sts", "/", []byte(body))
}

// publishPage publishes a package with so many files and returns its page.
func (s *site) publishPage(ctx context.Context, name string, files int) (page, error) {
	for i := range files {
		version := fmt.Sprintf("1.%d", i)
		var wheel bytes.Buffer
		err := writeWheel(&wheel, name, version, 0)
		if err == nil {
			err = publish(ctx, s.repository, s.token, name, version, &wheel)
		}
		if err != nil {
			return page{}, err
		}
	}
	p := page{name: name, url: s.repository + "simple/" + name + "/"}
	var err error
	p.plain, err = fetch(ctx, p.url, s.token)
	if err != nil {
		return p, err
	}
	request, err := bearer(ctx, p.url, s.token)
	if err != nil {
		return p, err
	}
	request.Header.Set("Accept-Encoding", "gzip") // set by hand, the client does not undo it
	p.packed, err = do(request)
	p.title = fmt.Sprintf("PyPI simple page, %d files, %.1f KiB", files, float64(len(p.plain))/1024)
	return p, err
}

// download prepares requests for the wheel and for the same file. As pip, they ask for
// it as it is.
func (s *site) download(ctx context.Context, beside *process, token, name string) (scenario, error) {
	both, err := s.read(ctx, name, beside, token, "/"+downloadFile, s.repository+"simple/download/1.0/"+downloadFile, "identity")
	both.bytes = 100 << 20
	return both, err
}

func (s *site) read(ctx context.Context, name string, beside *process, token, target, url, encoding string) (scenario, error) {
	other, err := bearer(ctx, beside.url+target, token)
	if err != nil {
		return scenario{}, err
	}
	daypass, err := bearer(ctx, url, s.token)
	if err != nil {
		return scenario{}, err
	}
	other.Header.Set("Accept-Encoding", encoding)
	daypass.Header.Set("Accept-Encoding", encoding)
	return scenario{name: name, beside: beside, other: other, daypass: daypass}, nil
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
