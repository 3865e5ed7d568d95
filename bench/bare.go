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
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The access key of the bare handler and of the server under test.
var access = aws.Credentials{AccessKeyID: "AKIABENCHBENCHBENCH1", SecretAccessKey: "bench-bench-bench-bench-bench-bench-ben1"}

// serveBare answers two kinds of requests with the least work that any
// implementation must do: a token for one verified signature and one seal, and
// a page of n bytes for one opened token.
func serveBare(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	b, err := newBare()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/authorization-token", b.issue)
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, b.seal()) })
	mux.HandleFunc("GET /page/{size}", b.page)
	server := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Fprintln(os.Stderr, "listening on http://"+listener.Addr().String())
	return server.Serve(listener)
}

type bare struct {
	signer *signer.Signer
	aead   cipher.AEAD
}

func newBare() (*bare, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &bare{signer.NewSigner(), aead}, err
}

// claims stand for what a token carries.
var claims = bytes.Repeat([]byte("c"), 160)

func (b *bare) seal() string {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(claims)+b.aead.Overhead())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(b.aead.Seal(nonce, nonce, claims, nil))
}

func (b *bare) opens(token string) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(sealed) < b.aead.NonceSize() {
		return false
	}
	_, err = b.aead.Open(nil, sealed[:b.aead.NonceSize()], sealed[b.aead.NonceSize():], nil)
	return err == nil
}

func (b *bare) issue(w http.ResponseWriter, r *http.Request) {
	shown := r.Header.Get("Authorization")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		http.Error(w, "date", http.StatusForbidden)
		return
	}
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), nil)
	if err != nil {
		http.Error(w, "request", http.StatusBadRequest)
		return
	}
	empty := sha256.Sum256(nil)
	err = b.signer.SignHTTP(r.Context(), access, again, hex.EncodeToString(empty[:]), "codeartifact", "us-east-1", at)
	if err != nil || again.Header.Get("Authorization") != shown {
		http.Error(w, "signature", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"authorizationToken":"%s","expiration":%d}`, b.seal(), at.Unix()+43200)
}

func (b *bare) page(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	size, err := strconv.Atoi(r.PathValue("size"))
	if !ok || err != nil || size > len(filler) || !b.opens(token) {
		http.Error(w, "token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", strconv.Itoa(size))
	_, _ = w.Write(filler[:size])
}

var filler = bytes.Repeat([]byte("x"), 1<<20)
