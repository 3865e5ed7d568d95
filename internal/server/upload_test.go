package server

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"daypass/internal/identity"
)

// wheelForm returns the form of a wheel's upload. It is larger than the part that is read
// before the authorization.
func wheelForm(t *testing.T) (body []byte, contentType string) {
	t.Helper()
	var archive, form bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, file := range []struct{ name, content string }{
		{"hello.py", strings.Repeat("#", 1<<20)},
		{"hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"},
		{"hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n"},
		{"hello-1.0.dist-info/RECORD", ""},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, file.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err := z.Close()
	if err != nil {
		t.Fatal(err)
	}
	m := multipart.NewWriter(&form)
	for _, field := range [][2]string{{":action", "file_upload"}, {"name", "hello"}, {"version", "1.0"}, {"filetype", "bdist_wheel"}} {
		err := m.WriteField(field[0], field[1])
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("content", "hello-1.0-py3-none-any.whl")
	if err == nil {
		_, err = w.Write(archive.Bytes())
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return form.Bytes(), m.FormDataContentType()
}

// publisher creates the user ci, who may do everything, and returns a token of the user
// for the domain.
func (b bundle) publisher(t *testing.T) string {
	t.Helper()
	ctx, name := t.Context(), aws.String("ci")
	_, err := b.iam().CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	b.allow(t, "Allow")
	made, err := b.iam().CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	client := codeartifact.New(codeartifact.Options{BaseEndpoint: &b.url, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")})
	got, err := client.GetAuthorizationToken(ctx, &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("dom")})
	if err != nil {
		t.Fatal(err)
	}
	return *got.AuthorizationToken
}

// allow gives the user ci a policy with an effect on every action and resource.
func (b bundle) allow(t *testing.T, effect string) {
	t.Helper()
	document := `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"*","Resource":"*"}}`
	_, err := b.iam().PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("ci"), PolicyName: aws.String("p"), PolicyDocument: &document})
	if err != nil {
		t.Fatal(err)
	}
}

// remove deletes the user ci with its keys and its policy.
func (b bundle) remove(t *testing.T) {
	t.Helper()
	ctx, name := t.Context(), aws.String("ci")
	keys, err := b.iam().ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys.AccessKeyMetadata {
		_, err = b.iam().DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key.AccessKeyId})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.iam().DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")})
	if err == nil {
		_, err = b.iam().DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUploadIsJudgedAgainBeforeItIsPublished(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, b bundle, token string) // called while the last bytes are missing
		status int
		says   string
	}{
		{"nothing changes", func(*testing.T, bundle, string) {}, http.StatusOK, "OK"},
		{"the token is revoked", func(t *testing.T, b bundle, token string) {
			claims, err := b.server.keyring.Open(t.Context(), token)
			if err == nil {
				err = b.server.directory.Revoke(t.Context(), identity.Revocation{Account: b.server.config.AccountID, Token: claims.ID, Until: b.server.now()})
			}
			if err != nil {
				t.Fatal(err)
			}
		}, http.StatusUnauthorized, "was revoked"},
		{"the user is denied everything", func(t *testing.T, b bundle, _ string) { b.allow(t, "Deny") },
			http.StatusForbidden, "with an explicit deny in an identity-based policy"},
		{"the user is deleted", func(t *testing.T, b bundle, _ string) { b.remove(t) },
			http.StatusUnauthorized, "no longer exists"},
		{"the repository's policy denies it", func(t *testing.T, b bundle, _ string) {
			document := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"codeartifact:PublishPackageVersion","Resource":"*"}}`
			_, err := b.artifacts().PutRepositoryPermissionsPolicy(t.Context(), &codeartifact.PutRepositoryPermissionsPolicyInput{
				Domain: aws.String("dom"), Repository: aws.String("repo"), PolicyDocument: &document})
			if err != nil {
				t.Fatal(err)
			}
		}, http.StatusForbidden, "with an explicit deny in a resource-based policy"},
		{"the repository is deleted", func(t *testing.T, b bundle, _ string) {
			_, err := b.artifacts().DeleteRepository(t.Context(), &codeartifact.DeleteRepositoryInput{Domain: aws.String("dom"), Repository: aws.String("repo")})
			if err != nil {
				t.Fatal(err)
			}
		}, http.StatusNotFound, "does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			b := setup(t, func(c *Config) { c.Dev, c.Data = false, data })
			admin := b.repository(t)
			token := b.publisher(t)
			form, contentType := wheelForm(t)
			body, client := io.Pipe()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/pypi/d/dom-000000000000/repo/", body)
			r.Header.Set("Content-Type", contentType)
			r.SetBasicAuth("aws", token)
			r.RemoteAddr = "127.0.0.1:1"
			answer := httptest.NewRecorder()
			served := make(chan struct{})
			go func() {
				defer close(served)
				b.server.handler.ServeHTTP(answer, r)
				body.Close()
			}()
			held := len(form) - 2000
			_, err := client.Write(form[:held]) // returns only when the server has read it
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, b, token)
			_, err = client.Write(form[held:])
			if err == nil {
				err = client.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			<-served
			if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.says) {
				t.Errorf("%d %s, want %d and %q", answer.Code, answer.Body, test.status, test.says)
			}
			page, _ := get(t, b.url+"/pypi/d/dom-000000000000/repo/simple/hello/", admin)
			published := test.status == http.StatusOK
			if (page.StatusCode == http.StatusOK) != published {
				t.Errorf("the page: %s, want it published: %v", page.Status, published)
			}
			if n := filesBelow(t, filepath.Join(data, "blobs")); (n != 0) != published {
				t.Errorf("%d files of content, want some if it was published: %v", n, published)
			}
		})
	}
}

func filesBelow(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "lock" && d.Name() != ".instance" {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A trickle is a client that sends a piece each interval.
type trickle struct {
	piece int
	every time.Duration
}

// send writes until a write fails.
func (c trickle) send(to net.Conn) {
	for {
		time.Sleep(c.every)
		_, err := to.Write(make([]byte, c.piece))
		if err != nil {
			return
		}
	}
}

// onConn is a ResponseWriter that sets its deadlines on a connection.
type onConn struct {
	*httptest.ResponseRecorder
	net.Conn
}

func (c onConn) Write(b []byte) (int, error) { return c.ResponseRecorder.Write(b) }

func TestAnUploadThatComesTooSlowlyIsGivenUp(t *testing.T) {
	t.Parallel()
	usual := pace{total: 2 * time.Hour, rate: 4 << 10}
	for _, test := range []struct {
		name        string
		pace        pace
		client      trickle
		says        string
		after, most time.Duration // least and longest time until it fails
	}{
		{"a byte every 40 seconds", usual, trickle{1, 40 * time.Second}, "came slower than 4096 bytes a second", time.Minute, 61 * time.Second},
		{"half the rate", usual, trickle{2 << 10, time.Second}, "came slower than 4096 bytes a second", 2*time.Minute - 2*time.Second, 2 * time.Minute},
		{"nothing more", usual, trickle{1 << 20, 70 * time.Second}, "sent nothing for 1m0s", time.Minute, 61 * time.Second},
		{"fast, without end", usual, trickle{1 << 20, time.Minute / 2}, "took longer than 2h0m0s", 2 * time.Hour, 2*time.Hour + time.Second},
		{"a byte every 40 seconds, where any rate will do", pace{total: time.Hour}, trickle{1, 40 * time.Second}, "took longer than 1h0m0s", time.Hour, time.Hour + time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				go test.client.send(there)
				p := &patient{ReadCloser: here, control: http.NewResponseController(onConn{httptest.NewRecorder(), here}), pace: test.pace}
				began := time.Now()
				_, err := io.Copy(io.Discard, p)
				took := time.Since(began)
				if err == nil || !strings.Contains(err.Error(), "The upload "+test.says) || took < test.after || took > test.most {
					t.Errorf("%v after %s; want %q after %s to %s", err, took, test.says, test.after, test.most)
				}
				again := time.Now()
				_, err = io.Copy(io.Discard, p) // as handlers do, so that the client reads the answer
				if err == nil || !time.Now().Equal(again) {
					t.Errorf("a read after that: %v after %s, want the same at once", err, time.Since(again))
				}
				here.Close()
				time.Sleep(test.client.every) // the client's next write fails
			})
		})
	}
}

func TestAnUploadThatComesAtItsPaceIsReadWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		go func() {
			for range 1000 { // 50 KiB each 10 seconds: 5 KiB a second for three hours
				time.Sleep(10 * time.Second)
				there.Write(make([]byte, 50<<10))
			}
			there.Close()
		}()
		p := &patient{ReadCloser: here, control: http.NewResponseController(onConn{httptest.NewRecorder(), here}), pace: pace{total: 3 * time.Hour, rate: 4 << 10}}
		n, err := io.Copy(io.Discard, p)
		if n != 1000*50<<10 || err != nil {
			t.Errorf("%d bytes, %v; want all", n, err)
		}
	})
}
