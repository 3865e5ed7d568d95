package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"daypass/internal/oidc"
)

// A signed is a certificate with its key.
type signed struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// certify makes a certificate, which signs itself if signer is nil.
func certify(t *testing.T, name string, authority bool, signer *signed) *signed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: authority,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	self := &signed{template, key}
	if signer == nil {
		signer = self
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.Certificate, &key.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	self.Certificate, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return self
}

func thumbprint(c *signed) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// served answers over TLS with a chain of certificates, the host's own first.
func served(t *testing.T, handler http.HandlerFunc, chain ...*signed) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	shown := tls.Certificate{PrivateKey: chain[0].key}
	for _, c := range chain {
		shown.Certificate = append(shown.Certificate, c.Raw)
	}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

func pool(cs ...*signed) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range cs {
		p.AddCert(c.Certificate)
	}
	return p
}

// A host is trusted by its authority or by the thumbprint of its top certificate.
// Neither makes up for a wrong name or a broken chain.
func TestCertificateNeedsAnAuthorityOrAThumbprint(t *testing.T) {
	t.Parallel()
	root := certify(t, "root", true, nil)
	intermediate := certify(t, "between", true, root)
	leaf, selfSigned, stranger := certify(t, "127.0.0.1", false, intermediate), certify(t, "127.0.0.1", false, nil), certify(t, "127.0.0.1", false, nil)
	elsewhere := certify(t, "192.0.2.1", false, intermediate)
	for _, test := range []struct {
		name        string
		chain       []*signed
		roots       *x509.CertPool
		thumbprints []string
		trusted     bool
	}{
		{"a known authority", []*signed{leaf, intermediate}, pool(root), nil, true},
		{"a known authority, although a thumbprint is another's", []*signed{leaf, intermediate}, pool(root), []string{thumbprint(stranger)}, true},
		{"an unknown authority", []*signed{leaf, intermediate}, pool(), nil, false},
		{"the thumbprint of the top certificate", []*signed{leaf, intermediate}, pool(), []string{thumbprint(stranger), thumbprint(intermediate)}, true},
		{"the thumbprint of the root, which is shown", []*signed{leaf, intermediate, root}, pool(), []string{thumbprint(root)}, true},
		{"the thumbprint of one that is not the top", []*signed{leaf, intermediate, root}, pool(), []string{thumbprint(intermediate)}, false},
		{"the thumbprint of the host's own below others", []*signed{leaf, intermediate}, pool(), []string{thumbprint(leaf)}, false},
		{"the thumbprint of one that signed itself", []*signed{selfSigned}, pool(), []string{thumbprint(selfSigned)}, true},
		{"a top certificate that signed nothing", []*signed{stranger, intermediate}, pool(), []string{thumbprint(intermediate)}, false},
		{"a known authority, another host", []*signed{elsewhere, intermediate}, pool(root), nil, false},
		{"the thumbprint, another host", []*signed{elsewhere, intermediate}, pool(), []string{thumbprint(intermediate)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := (&oidc.Web{Roots: test.roots}).Get(t.Context(), served(t, hello, test.chain...), test.thumbprints)
			if test.trusted && (err != nil || string(got) != "hello") {
				t.Errorf("got %q, %v", got, err)
			}
			if !test.trusted {
				wantReason(t, err, oidc.Certificate)
			}
		})
	}
}

func TestGetTakesOneBoundedDocumentWithoutRedirects(t *testing.T) {
	t.Parallel()
	host := certify(t, "127.0.0.1", false, nil)
	web := &oidc.Web{Roots: pool(host)}
	const mega = 1 << 20
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   oidc.Reason // 0: accepted
	}{
		{"a document", hello, 0},
		{"as much as may be", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", mega)) }, 0},
		{"more", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", mega+1)) }, oidc.NoKey},
		{"not there", http.NotFound, oidc.NoKey},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, oidc.NoKey},
		{"elsewhere, without TLS", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusMovedPermanently)
		}, oidc.NoKey},
		{"out of order", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadGateway) }, oidc.Unreachable},
		{"too busy", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusTooManyRequests) }, oidc.Unreachable},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, oidc.Unreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := web.Get(t.Context(), served(t, test.answer, host), nil)
			if test.want == 0 && err != nil {
				t.Error(err)
			}
			if test.want != 0 {
				wantReason(t, err, test.want)
			}
		})
	}
}

func TestGetRefusesAddressesWhereNoIssuerIs(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(hello))
	t.Cleanup(plain.Close)
	for url, want := range map[string]oidc.Reason{
		plain.URL: oidc.NoKey, "http://idp.example/": oidc.NoKey, "file:///etc/passwd": oidc.NoKey, "https://": oidc.NoKey, "//127.0.0.1/": oidc.NoKey,
		"https://u:p@127.0.0.1/": oidc.NoKey, "https://127.0.0.1:1\x00/": oidc.NoKey,
		"https://169.254.169.254/": oidc.Unreachable, "https://[fe80::1]/": oidc.Unreachable, "https://0.0.0.0/": oidc.Unreachable, "https://[::ffff:169.254.169.254]/": oidc.Unreachable,
	} {
		_, err := new(oidc.Web).Get(t.Context(), url, nil)
		wantReason(t, err, want)
		if want == oidc.Unreachable && !strings.Contains(err.Error(), "is not one of an issuer") {
			t.Errorf("%s: %v", url, err)
		}
	}
	loopback := &oidc.Web{Loopback: true}
	_, err := loopback.Get(t.Context(), plain.URL, nil)
	if err != nil {
		t.Error(err)
	}
	_, err = loopback.Get(t.Context(), "http://idp.example/", nil)
	wantReason(t, err, oidc.NoKey)
	_, err = loopback.Get(t.Context(), "http://127.0.0.1:1/", nil)
	var failure *oidc.Error
	if !errors.As(err, &failure) || failure.Cause == nil {
		t.Errorf("error = %v, want one with its cause", err)
	}
}
