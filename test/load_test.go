package test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A load is one client of each kind that sends requests without a pause, and their
// answers. During an outage too, an answer is a success, or a 503 with Retry-After in
// the protocol's form. What was acknowledged is not lost.
type load struct {
	server   *server
	repo     repository
	signing  aws.Config
	promised *acknowledged

	mu       sync.Mutex
	heard    *sync.Cond // signalled at each answer
	epoch    int        // counts the beginnings and ends of outages
	latest   map[string]heard
	answered map[string]map[int]int // by kind and status
	slowest  time.Duration
	wrong    []string
}

// heard is the newest answer to a kind of client.
type heard struct {
	status int
	begun  int // the epoch in which the request was sent
	ended  int
}

// An answer is a client's answer, and the status that it must have without an outage.
type answer struct {
	*http.Response
	body []byte
	want int
	api  bool // of an operation, not of a package route
}

var clientKinds = map[string]func(l *load, ctx context.Context, turn int) (answer, error){
	"upload":     (*load).upload,
	"page":       (*load).page,
	"download":   (*load).download,
	"token":      (*load).token,
	"revocation": (*load).revocation,
}

// loadProject is the project that uploads go to.
const loadProject = "load"

// newLoad publishes the file that the readers read.
func newLoad(t *testing.T, s *server) *load {
	t.Helper()
	l := &load{
		server: s, repo: s.newRepository(t), signing: s.config(t),
		promised: &acknowledged{files: map[string]string{}, added: make(chan struct{}, 1<<20)},
		latest:   map[string]heard{}, answered: map[string]map[int]int{},
	}
	l.heard = sync.NewCond(&l.mu)
	first, err := l.upload(t.Context(), 0)
	if err != nil || first.StatusCode != http.StatusOK {
		t.Fatalf("the first upload: %v, %v", first.Response, err)
	}
	return l
}

// start runs a client of every kind until ctx ends. The returned function waits for
// them.
func (l *load) start(ctx context.Context) (wait func()) {
	var clients sync.WaitGroup
	for kind, ask := range clientKinds {
		l.answered[kind] = map[int]int{}
		clients.Go(func() {
			for turn := 1; ctx.Err() == nil; turn++ {
				l.mu.Lock()
				begun, from := l.epoch, time.Now()
				l.mu.Unlock()
				got, err := ask(l, ctx, turn)
				if ctx.Err() == nil {
					l.note(kind, begun, time.Since(from), got, err)
				}
			}
		})
	}
	return clients.Wait
}

func (l *load) note(kind string, begun int, took time.Duration, got answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.heard.Broadcast()
	if err != nil {
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %v", kind, err))
		return
	}
	l.answered[kind][got.StatusCode]++
	l.latest[kind] = heard{got.StatusCode, begun, l.epoch}
	l.slowest = max(l.slowest, took)
	switch {
	case got.StatusCode == got.want:
	case got.StatusCode != http.StatusServiceUnavailable:
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %s, want %d or 503: %s", kind, got.Status, got.want, got.body))
	case got.Header.Get("Retry-After") == "":
		l.wrong = append(l.wrong, kind+": 503 without Retry-After")
	case got.api && (got.Header.Get("X-Amzn-Errortype") == "" || !json.Valid(got.body)):
		l.wrong = append(l.wrong, fmt.Sprintf("%s: a 503 that no client of AWS reads: %s", kind, got.body))
	}
}

// now begins an epoch. An outage has just begun or ended.
func (l *load) now() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
}

// await waits until the newest answer to each kind of client is wanted.
func (l *load) await(t *testing.T, what string, wanted func(heard, int) bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.heard.Broadcast()
	})
	defer timer.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		missing := ""
		for kind := range clientKinds {
			if got, ok := l.latest[kind]; !ok || !wanted(got, l.epoch) {
				missing = kind
			}
		}
		switch {
		case missing == "":
			return
		case late:
			t.Fatalf("%s: no answer to %s; the last one was %+v", what, missing, l.latest[missing])
		}
		l.heard.Wait()
	}
}

// answers reports whether an answer came during the outage: no client waits for its
// end.
func answers(got heard, epoch int) bool {
	return got.ended == epoch && (got.begun == epoch || got.status == http.StatusServiceUnavailable)
}

// works reports whether a request of this epoch was answered without a 503.
func works(got heard, epoch int) bool {
	return got.begun == epoch && got.status != http.StatusServiceUnavailable
}

func (l *load) upload(ctx context.Context, turn int) (answer, error) {
	version := fmt.Sprintf("1.%d", turn)
	content, err := randomArchive(loadProject, version, 4<<10)
	if err != nil {
		return answer{}, err
	}
	var body bytes.Buffer
	form, sum := multipart.NewWriter(&body), sha256.Sum256(content)
	err = errors.Join(writeUpload(form, loadProject, version, hex.EncodeToString(sum[:]), content, nil), form.Close())
	if err != nil {
		return answer{}, err
	}
	got, err := l.ask(ctx, http.MethodPost, "", l.repo.token, &body, form.FormDataContentType())
	if err == nil && got.StatusCode == http.StatusOK {
		l.promised.add(sdistName(loadProject, version), content)
	}
	return got, err
}

func (l *load) page(ctx context.Context, _ int) (answer, error) {
	return l.ask(ctx, http.MethodGet, "simple/"+loadProject+"/", l.repo.token, nil, "")
}

func (l *load) download(ctx context.Context, _ int) (answer, error) {
	name := sdistName(loadProject, "1.0")
	got, err := l.ask(ctx, http.MethodGet, "simple/"+loadProject+"/1.0/"+name, l.repo.token, nil, "")
	sum := sha256.Sum256(got.body)
	if err == nil && got.StatusCode == http.StatusOK && hex.EncodeToString(sum[:]) != l.promised.digest(name) {
		err = errors.New("other content than was published")
	}
	return got, err
}

func (l *load) token(ctx context.Context, _ int) (answer, error) {
	return l.call(ctx, "codeartifact", "/v1/authorization-token?domain=demo", nil)
}

// revocation revokes a new token, and uses it once that was acknowledged.
func (l *load) revocation(ctx context.Context, _ int) (answer, error) {
	got, err := l.token(ctx, 0)
	if err != nil || got.StatusCode != http.StatusOK {
		return got, err
	}
	var issued struct{ AuthorizationToken string }
	err = json.Unmarshal(got.body, &issued)
	if err != nil {
		return got, err
	}
	body, err := json.Marshal(map[string]string{"token": issued.AuthorizationToken})
	if err != nil {
		return got, err
	}
	got, err = l.call(ctx, "daypass", "/daypass/v1/token/revoke", body)
	if err != nil || got.StatusCode != http.StatusOK {
		return got, err
	}
	got, err = l.ask(ctx, http.MethodGet, "simple/"+loadProject+"/", issued.AuthorizationToken, nil, "")
	got.want = http.StatusUnauthorized
	return got, err
}

// ask is a request of a package manager.
func (l *load) ask(ctx context.Context, method, path, token string, body io.Reader, contentType string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, l.repo.url+path, body)
	if err != nil {
		return answer{}, err
	}
	r.SetBasicAuth("aws", token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return send(r, answer{want: http.StatusOK})
}

// call is a signed call of an operation, without the retries of an SDK.
func (l *load) call(ctx context.Context, service, path string, body []byte) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.server.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	key, err := l.signing.Credentials.Retrieve(ctx)
	if err != nil {
		return answer{}, err
	}
	sum := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(sum[:]), service, l.signing.Region, time.Now())
	if err != nil {
		return answer{}, err
	}
	return send(r, answer{want: http.StatusOK, api: true})
}

func send(r *http.Request, got answer) (answer, error) {
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return got, err
	}
	defer res.Body.Close()
	got.Response = res
	got.body, err = io.ReadAll(res.Body)
	return got, err
}
