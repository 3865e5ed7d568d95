package oidc

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// maxDocument bounds what is read of an issuer's answer, in bytes.
const maxDocument = 1 << 20

// A Web fetches the documents of issuers over the network.
type Web struct {
	Roots *x509.CertPool // authorities that are trusted; nil means the system's
	// Loopback lets documents be fetched over plain http from the loopback
	// address, for tests.
	Loopback bool
}

// Get fetches one document. It follows no redirection, as an issuer has none
// (OpenID Connect Discovery 1.0, 4.2), and leaves no connection behind, as one
// that a thumbprint opened must serve nobody else.
func (w *Web) Get(ctx context.Context, address string, thumbprints []string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || !w.allowed(u) {
		return nil, unusable("%.255q is not an https URL", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unusable("%.255q is not an https URL", address)
	}
	r.Header.Set("Accept", "application/json")
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Control: public}).DialContext,
		TLSClientConfig:        w.tls(u.Hostname(), thumbprints),
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	defer transport.CloseIdleConnections()
	reply, err := transport.RoundTrip(r)
	if err != nil {
		return nil, failed(address, err)
	}
	defer reply.Body.Close()
	return read(address, reply)
}

func (w *Web) allowed(u *url.URL) bool {
	switch {
	case u.Hostname() == "" || u.User != nil:
		return false
	case u.Scheme == "https":
		return true
	}
	at, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && w.Loopback && (u.Hostname() == "localhost" || err == nil && at.IsLoopback())
}

// public refuses addresses at which no issuer is: above all the link-local ones,
// where clouds keep the credentials of a machine. Private ones are allowed, as
// an issuer may well be there.
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := at.Addr().Unmap(); ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return fmt.Errorf("the address %s is not one of an issuer", ip)
	}
	return nil
}

func failed(address string, err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	return &Error{Reason: Unreachable, Detail: "could not fetch " + address, Cause: err}
}

func read(address string, reply *http.Response) ([]byte, error) {
	if status := reply.StatusCode; status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return nil, &Error{Reason: Unreachable, Detail: fmt.Sprintf("%s answered with status %d", address, status)}
	} else if status != http.StatusOK {
		return nil, unusable("%s answered with status %d, not 200", address, status)
	}
	document, err := io.ReadAll(io.LimitReader(reply.Body, maxDocument+1))
	if err != nil {
		return nil, failed(address, err)
	}
	if len(document) > maxDocument {
		return nil, unusable("%s is larger than %d bytes", address, maxDocument)
	}
	return document, nil
}

// tls trusts a host by the authorities, or else by the thumbprint of the top
// certificate that it shows. Either way the certificates lead from that one to
// the host's name and are of this time: the standard verification is not left
// out but done here, as it can be done in two ways.
//
// Source: IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity
// provider".
func (w *Web) tls(host string, thumbprints []string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         host,
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			chain := state.PeerCertificates
			err := trace(chain, w.Roots, host)
			if err == nil {
				return nil
			}
			top := chain[len(chain)-1]
			sum := sha1.Sum(top.Raw)
			if slices.Contains(thumbprints, hex.EncodeToString(sum[:])) {
				pinned := x509.NewCertPool()
				pinned.AddCert(top)
				err = trace(chain, pinned, host)
			}
			if err != nil {
				return &Error{Reason: Certificate, Detail: "the certificate of " + host + " is not trusted", Cause: err}
			}
			return nil
		},
	}
}

// trace verifies a chain up to one of the roots.
func trace(chain []*x509.Certificate, roots *x509.CertPool, host string) error {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: host, CurrentTime: time.Now()})
	return err
}
