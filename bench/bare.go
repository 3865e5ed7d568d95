package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The access key of the bare handler and of the server under test.
var access = aws.Credentials{AccessKeyID: "AKIABENCHBENCHBENCH1", SecretAccessKey: "bench-bench-bench-bench-bench-bench-ben1"}

// serveBare answers each kind of request with the least work that any
// implementation must do: a token for one verified signature and one seal, an
// identity for one signature, a session for a signature and a seal, and a file
// for one opened token: a page, whose bytes it keeps, or a download.
func serveBare(ctx context.Context, address, folder string) error {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	b, err := newBare(folder)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/authorization-token", b.issue)
	mux.HandleFunc("POST /{$}", b.sts)
	mux.HandleFunc("GET /"+downloadFile, b.download)
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, b.seal()) })
	mux.HandleFunc("GET /page/{name}", b.page)
	debug.SetGCPercent(gcPercent)
	server := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Fprintln(os.Stderr, "listening on http://"+listener.Addr().String())
	return server.Serve(listener)
}

// gcPercent is what Daypass sets: how rarely garbage is collected is no work that the
// one does and the other does not.
const gcPercent = 300

type bare struct {
	signer *signer.Signer
	aead   cipher.AEAD
	folder string
	pages  map[string][]byte // by file name
}

func newBare(folder string) (*bare, error) {
	pages := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(folder, "*"+pageSuffix+"*"))
	for _, file := range files {
		if err == nil {
			pages[filepath.Base(file)], err = os.ReadFile(file)
		}
	}
	if err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &bare{signer.NewSigner(), aead, folder, pages}, err
}

// claims stand for what a token carries.
var claims = bytes.Repeat([]byte("c"), 160)

func (b *bare) seal() string {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(claims)+b.aead.Overhead())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, claims, nil))
}

func (b *bare) opens(r *http.Request) bool {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(sealed) < b.aead.NonceSize() {
		return false
	}
	_, err = b.aead.Open(nil, sealed[:b.aead.NonceSize()], sealed[b.aead.NonceSize():], nil)
	return err == nil
}

// verify signs a request again and compares.
func (b *bare) verify(r *http.Request, body []byte, service string) (time.Time, error) {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return at, err
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return at, err
	}
	if kind := r.Header.Get("Content-Type"); kind != "" {
		again.Header.Set("Content-Type", kind)
	}
	hash := sha256.Sum256(body)
	err = b.signer.SignHTTP(r.Context(), access, again, hex.EncodeToString(hash[:]), service, "us-east-1", at)
	if err == nil && again.Header.Get("Authorization") != r.Header.Get("Authorization") {
		err = errors.New("wrong signature")
	}
	return at, err
}

func (b *bare) issue(w http.ResponseWriter, r *http.Request) {
	at, err := b.verify(r, nil, "codeartifact")
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"authorizationToken":"%s","expiration":%d}`, b.seal(), at.Unix()+43200)
}

// sts answers GetCallerIdentity, and AssumeRole with something sealed.
func (b *bare) sts(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		_, err = b.verify(r, body, "sts")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	session := ""
	if bytes.HasPrefix(body, []byte("Action=AssumeRole&")) {
		session = b.seal()
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, "<Response><Result><Arn>arn:aws:iam::%s:user/bench</Arn><SessionToken>%s</SessionToken></Result></Response>", owner, session)
}

func (b *bare) download(w http.ResponseWriter, r *http.Request) {
	if !b.opens(r) {
		http.Error(w, "token", http.StatusUnauthorized)
		return
	}
	http.ServeFile(w, r, filepath.Join(b.folder, downloadFile))
}

func (b *bare) page(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	page, found := b.pages[name]
	if !found || !b.opens(r) {
		http.Error(w, "token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	if strings.HasSuffix(name, packedSuffix) {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	_, _ = w.Write(page)
}

var filler = bytes.Repeat([]byte("x"), 1<<20)
