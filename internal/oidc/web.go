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

// A Web fetches the documents of issuers over HTTPS.
type Web struct {
	Roots *x509.CertPool // trusted authorities; nil means the system's
	// Loopback allows plain HTTP from a loopback address, for tests.
	Loopback bool
}

// Get fetches one document. It follows no redirect, since an issuer has none
// (OpenID Connect Discovery 1.0, 4.2). It keeps no connection open, because a
// connection that one thumbprint allowed must not serve another account. The errors
// are of type [*Error].
func (w *Web) Get(ctx context.Context, address string, thumbprints []string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || !w.isAllowed(u) {
		return nil, unusable("%.255q is not an https URL", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unusable("%.255q is not an https URL", address)
	}
	r.Header.Set("Accept", "application/json")
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Control: refuseLinkLocal}).DialContext,
		TLSClientConfig:        w.tlsConfig(u.Hostname(), thumbprints),
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	defer transport.CloseIdleConnections()
	reply, err := transport.RoundTrip(r)
	if err != nil {
		return nil, fetchError(address, err)
	}
	defer reply.Body.Close()
	return readDocument(address, reply)
}

func (w *Web) isAllowed(u *url.URL) bool {
	switch {
	case u.Hostname() == "" || u.User != nil:
		return false
	case u.Scheme == "https":
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && w.Loopback && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// refuseLinkLocal refuses addresses that no issuer has, above all the link-local
// ones, where clouds serve the credentials of a machine. Private addresses are
// allowed, since an issuer may have one.
func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	addrPort, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := addrPort.Addr().Unmap(); ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return fmt.Errorf("the address %s is not one of an issuer", ip)
	}
	return nil
}

func fetchError(address string, err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	return &Error{Reason: Unreachable, Detail: "could not fetch " + address, Cause: err}
}

func readDocument(address string, reply *http.Response) ([]byte, error) {
	if status := reply.StatusCode; status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return nil, &Error{Reason: Unreachable, Detail: fmt.Sprintf("%s answered with status %d", address, status)}
	} else if status != http.StatusOK {
		return nil, unusable("%s answered with status %d, not 200", address, status)
	}
	document, err := io.ReadAll(io.LimitReader(reply.Body, maxDocument+1))
	if err != nil {
		return nil, fetchError(address, err)
	}
	if len(document) > maxDocument {
		return nil, unusable("%s is larger than %d bytes", address, maxDocument)
	}
	return document, nil
}

// tlsConfig trusts a host by its authority, or by the thumbprint of the top
// certificate of the chain that it presents. Either way the chain is verified up to
// that certificate, with the host's name and the present time. InsecureSkipVerify
// is set only because VerifyConnection does this in both ways.
//
// Source: IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity
// provider".
func (w *Web) tlsConfig(host string, thumbprints []string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         host,
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			chain := state.PeerCertificates
			err := verifyChain(chain, w.Roots, host)
			if err == nil {
				return nil
			}
			top := chain[len(chain)-1]
			sum := sha1.Sum(top.Raw)
			if slices.Contains(thumbprints, hex.EncodeToString(sum[:])) {
				pinned := x509.NewCertPool()
				pinned.AddCert(top)
				err = verifyChain(chain, pinned, host)
			}
			if err != nil {
				return &Error{Reason: Certificate, Detail: "the certificate of " + host + " is not trusted", Cause: err}
			}
			return nil
		},
	}
}

// verifyChain verifies that a chain leads from the host to one of the roots.
func verifyChain(chain []*x509.Certificate, roots *x509.CertPool, host string) error {
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, DNSName: host, CurrentTime: time.Now()})
	return err
}
