package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact/types"

	model "daypass/api/codeartifact"
	"daypass/internal/gate"
)

// streamingAPIs serves the APIs with an operation that streams: PublishPackageVersion
// calls publish with the content.
func streamingAPIs(t *testing.T, change func(*control), publish func(content io.Reader) error) bundle {
	t.Helper()
	b := setup(t, nil)
	apis := b.server.apis(b.server.entrance())
	for i, op := range []gate.Operation{gate.Op("PublishPackageVersion", func(_ context.Context, c *gate.Call, _ *model.PublishPackageVersionInput) (gate.Subject, struct{}, error) {
		return gate.Subject{ARN: "arn:aws:codeartifact:us-east-1:000000000000:package/dom/repo/generic//p", Account: c.Principal.Account}, struct{}{}, nil
	}, nil, func(_ context.Context, _ *gate.Call, in *model.PublishPackageVersionInput, _ struct{}) (*model.PublishPackageVersionOutput, error) {
		return &model.PublishPackageVersionOutput{Package: in.Package}, publish(in.AssetContent)
	})} {
		apis.rest[i].operations[op.Name] = op
	}
	if change != nil {
		change(apis)
	}
	h := httptest.NewServer(b.server.observe(apis))
	t.Cleanup(h.Close)
	b.url = h.URL
	return b
}

const publishing = "/v1/package/version/publish?domain=dom&repository=repo&format=generic&package=p&version=1&asset=a.bin"

// upload returns a signed PublishPackageVersion of content with a declared SHA-256.
func upload(t *testing.T, b bundle, content io.Reader, declared string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+publishing, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", declared)
	err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}, r, declared, "codeartifact", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func TestContentReachesAStreamingOperationWhileItArrives(t *testing.T) {
	t.Parallel()
	first, arrived := bytes.Repeat([]byte("a"), 3<<20), make(chan struct{}) // more than a body that is held may have
	b := streamingAPIs(t, nil, func(content io.Reader) error {
		got := make([]byte, len(first))
		_, err := io.ReadFull(content, got)
		if err != nil || !bytes.Equal(first, got) {
			t.Errorf("the first part: %v", err)
		}
		close(arrived)
		rest, err := io.ReadAll(content)
		if err == nil && string(rest) != "b" {
			t.Errorf("the rest is %d bytes", len(rest))
		}
		return err
	})
	in, out := io.Pipe()
	go func() {
		_, _ = out.Write(first)
		<-arrived // the rest is sent only when the operation has the first part
		_, _ = out.Write([]byte("b"))
		out.Close()
	}()
	answer, body := send(t, upload(t, b, in, hashOf(append(first, 'b'))))
	if answer.StatusCode != http.StatusOK || !strings.Contains(body, `"package":"p"`) {
		t.Errorf("%s %s", answer.Status, body)
	}
}

func TestContentThatIsNotWhatWasSignedFailsAtItsEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, content, declared string
		status                  int
		code                    string
		read                    bool
	}{
		{"other bytes", "hello", hashOf([]byte("world")), 403, "InvalidSignatureException", true},
		{"cut short", "hell", hashOf([]byte("hello")), 403, "InvalidSignatureException", true},
		{"nothing", "", hashOf([]byte("hello")), 403, "InvalidSignatureException", true},
		{"over the limit", strings.Repeat("x", 65), hashOf([]byte(strings.Repeat("x", 65))), 413, "RequestEntityTooLargeException", true},
		{"at the limit", strings.Repeat("x", 64), hashOf([]byte(strings.Repeat("x", 64))), 200, "", true},
		{"an unsigned payload", "hello", "UNSIGNED-PAYLOAD", 403, "", false},
		{"a payload in signed chunks", "hello", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 403, "", false},
		{"a payload in unsigned chunks", "hello", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", 403, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			read := false
			b := streamingAPIs(t, func(c *control) { c.maxAsset = 64 }, func(content io.Reader) error {
				read = true
				_, err := io.ReadAll(content)
				again, err2 := content.Read(make([]byte, 1))
				if again != 0 || err2 == nil || err != nil && !errors.Is(err2, err) {
					t.Errorf("read again: %d, %v after %v", again, err2, err)
				}
				return err
			})
			answer, body := send(t, upload(t, b, strings.NewReader(test.content), test.declared))
			if answer.StatusCode != test.status || !strings.Contains(answer.Header.Get("X-Amzn-Errortype"), test.code) || read != test.read {
				t.Errorf("%s %s %s, read: %v", answer.Status, answer.Header.Get("X-Amzn-Errortype"), body, read)
			}
		})
	}
}

func TestAStreamingOperationThatLeavesContentUnreadFails(t *testing.T) {
	t.Parallel()
	b := streamingAPIs(t, nil, func(io.Reader) error { return nil })
	answer, _ := send(t, upload(t, b, strings.NewReader("hello"), hashOf([]byte("hello"))))
	if answer.StatusCode != http.StatusInternalServerError {
		t.Errorf("%s, want 500", answer.Status)
	}
}

// unread is a body that fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestNoBodyIsReadForWhomNoKnownKeySigned(t *testing.T) {
	t.Parallel()
	b := streamingAPIs(t, nil, func(io.Reader) error { t.Error("it ran"); return nil })
	const key, other = "AWS4-HMAC-SHA256 Credential=", "/20300102/us-east-1/codeartifact/aws4_request, SignedHeaders=host, Signature=00"
	for name, header := range map[string]string{"none": "", "half": "AWS4-HMAC-SHA256 ", "a key that is unknown": key + "AKIAEXAMPLEEXAMPLE99" + other, "Basic": "Basic YXdzOng="} {
		for _, path := range []string{"/v1/domain?domain=dom", publishing, "/v1/none"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, unread{t})
			r.ContentLength = 1 << 30
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			w := httptest.NewRecorder()
			b.server.handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
				t.Errorf("%s, %s: %d %s", name, path, w.Code, w.Body)
			}
		}
	}
}

func TestAllBodiesShareOneBudget(t *testing.T) {
	t.Parallel()
	const form = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	room := newBodies(64<<10, 32<<10, 48<<10, 48<<10)
	b := streamingAPIs(t, func(c *control) { c.bodies = room }, nil)
	large := "Action=None&x=" + strings.Repeat("x", 30<<10)
	finish := slow(t, b, form, large)          // takes most of the room for requests without a key
	for !room.strangers.TryAcquire(32 << 10) { // until the body has arrived
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/", strings.NewReader(large))
		if err != nil {
			t.Fatal(err)
		}
		answer, body := send(t, r)
		if answer.StatusCode == http.StatusServiceUnavailable {
			if answer.Header.Get("Retry-After") != "1" || !strings.Contains(body, "ServiceUnavailable") {
				t.Errorf("%v %s, want Retry-After: 1", answer.Header, body)
			}
			break
		}
	}
	if _, err := b.sts(adminKey, adminSecret, "").GetCallerIdentity(t.Context(), nil); err != nil {
		t.Errorf("a known caller meanwhile: %v", err)
	}
	if status := finish(); status != http.StatusBadRequest {
		t.Errorf("the slow one: %d, want 400", status)
	}
}

func TestABodyGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		body     io.Reader
		announce int64
		stranger bool
		limit    int64
		want     int // bytes; -1: refused
	}{
		{"empty", strings.NewReader(""), 0, false, 100, 0},
		{"announced", strings.NewReader("hello"), 5, false, 100, 5},
		{"not announced", strings.NewReader(strings.Repeat("x", 20<<10)), -1, true, 64 << 10, 20 << 10},
		{"at the limit", strings.NewReader(strings.Repeat("x", 100)), -1, false, 100, 100},
		{"over the limit", strings.NewReader(strings.Repeat("x", 101)), -1, true, 100, -1},
		{"announced over the limit", unread{t}, 101, true, 100, -1},
		{"over the budget", strings.NewReader(strings.Repeat("x", 70<<10)), -1, false, 1 << 20, -1},
		{"over the strangers' budget", strings.NewReader(strings.Repeat("x", 40<<10)), -1, true, 1 << 20, -1},
		{"broken off", io.MultiReader(strings.NewReader("x"), errorReader{}), 5, true, 100, -1},
	} {
		room := newBodies(64<<10, 32<<10, 48<<10, 48<<10)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", test.body)
		r.ContentLength = test.announce
		var h held
		err := room.read(&h, httptest.NewRecorder(), r, test.limit, test.stranger)
		if test.want < 0 && err == nil || test.want >= 0 && (err != nil || len(h.bytes) != test.want) {
			t.Errorf("%s: %d bytes, %v, want %d", test.name, len(h.bytes), err, test.want)
		}
		h.release()
		h.release()
		if len(room.of) > 0 || !room.all.TryAcquire(64<<10) || !room.strangers.TryAcquire(32<<10) {
			t.Errorf("%s: not all was given back", test.name)
		}
	}
}

// A client that knows the id of a key without its secret must not block the calls of
// others.
func TestOneClientsBodiesLeaveRoomForThoseOfOthers(t *testing.T) {
	t.Parallel()
	room := newBodies(68<<10, 68<<10, 48<<10, 16<<10)
	take := func(client string) *held {
		h := &held{from: room, client: netip.MustParseAddr(client)}
		if !room.take(h, firstPiece) || !room.take(h, 16<<10) {
			h.release()
			return nil
		}
		return h
	}
	first := take("192.0.2.1")
	if first == nil || take("192.0.2.1") != nil {
		t.Error("one client has more than its share")
	}
	other, ofIPv6 := take("192.0.2.2"), take("2001:db8::1")
	if other == nil || ofIPv6 == nil {
		t.Error("nothing is left for another client")
	}
	if take("2001:db8::2") != nil {
		t.Error("another address of one IPv6 network is another client")
	}
	if take("192.0.2.3") == nil || take("192.0.2.4") != nil {
		t.Error("large bodies of many clients have more than their share")
	}
	small := &held{from: room, client: first.client}
	if !room.take(small, firstPiece) {
		t.Error("a small body finds no room beside large ones")
	}
	first.release()
	if take("192.0.2.1") == nil {
		t.Error("what was given back is not there")
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestALongNameIsRefusedBeforeAPolicySeesIt(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	before := strings.Count(b.logged(), `"action"`)
	for _, name := range []string{strings.Repeat("a", 57_000), strings.Repeat("a", 101), "a", "a:b", "%2e%2e%2fx"} {
		answer, body := get(t, b.url+"/pypi/d/dom-000000000000/"+name+"/simple/", token)
		if answer.StatusCode != http.StatusNotFound || len(body) > 1000 {
			t.Errorf("%.20s: %s, %d bytes", name, answer.Status, len(body))
		}
	}
	domain := "arn:aws:codeartifact:us-east-1:000000000000:domain/"
	for _, name := range []string{domain + strings.Repeat("a", 900), domain + "d/d", strings.Replace(domain, "domain/", "repository/dom/", 1) + strings.Repeat("a", 900)} {
		_, err := b.artifacts().ListTagsForResource(t.Context(), &codeartifact.ListTagsForResourceInput{ResourceArn: &name})
		var invalid *types.ValidationException
		if !errors.As(err, &invalid) {
			t.Errorf("%.80s: %v, want ValidationException", name, err)
		}
	}
	if after := strings.Count(b.logged(), `"action"`); after != before {
		t.Errorf("%d judgements", after-before)
	}
}

// A connection of HTTP/2 has many requests at a time, so the limit on connections does
// not limit bodies.
func TestManySmallBodiesOfOneClientLeaveRoomForThoseOfOthers(t *testing.T) {
	t.Parallel()
	room := newBodies(64<<10, 64<<10, 48<<10, 32<<10)
	var list []*held
	take := func(client string) bool {
		h := &held{from: room, client: netip.MustParseAddr(client)}
		list = append(list, h)
		return room.take(h, firstPiece)
	}
	n := 0
	for n < 16 && take("192.0.2.1") {
		n++
	}
	if n != 4 || !take("192.0.2.2") {
		t.Errorf("%d bodies of one client, want 4 and room for another", n)
	}
	for _, h := range list {
		h.release()
	}
	if len(room.of) > 0 || !take("192.0.2.1") {
		t.Error("what was given back is not there")
	}
}

func TestFieldsOfUploadsAreOfTheBudgetAndGiveBackWhatTheyTook(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	token := b.repository(t)
	room := newBodies(1<<20, 1<<20, 1<<20, 256<<10)
	managers := &packages{entrance: b.server.entrance(), registry: b.server.registry, bodies: room, maxAsset: 1 << 20, endpoint: b.server.endpoint}
	mux := http.NewServeMux()
	managers.mount(mux, formats)
	h := httptest.NewServer(b.server.observe(mux))
	t.Cleanup(h.Close)
	for _, test := range []struct{ fields, status int }{{400 << 10, http.StatusServiceUnavailable}, {100 << 10, http.StatusBadRequest}} {
		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		for _, field := range [][2]string{{"name", "hello"}, {"version", "1.0"}, {"description", strings.Repeat("x", test.fields)}} {
			err := m.WriteField(field[0], field[1])
			if err != nil {
				t.Fatal(err)
			}
		}
		err := m.Close()
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/pypi/d/dom-000000000000/repo/", &form)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.SetBasicAuth("aws", token)
		answer, body := send(t, r)
		if answer.StatusCode != test.status {
			t.Errorf("%d bytes of fields: %s %s, want %d", test.fields, answer.Status, body, test.status)
		}
		err = room.all.Acquire(t.Context(), 1<<20) // waits until the handler has released everything
		if err != nil {
			t.Fatal(err)
		}
		room.all.Release(1 << 20)
	}
}
