package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"daypass/internal/cli/exit"
)

// transport returns the transport of the requests of one call. It follows no
// redirects, keeps no cookies and does not decompress content.
func (s *Session) transport(t *target) (*http.Transport, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !t.verify} //nolint:gosec // only with --no-verify-ssl
	if t.verify && t.bundle != "" && strings.HasPrefix(t.url, "https:") {
		pem, err := os.ReadFile(t.bundle)
		if err != nil {
			return nil, exit.Errorf(exit.General, "Could not find a suitable TLS CA certificate bundle, invalid path: %s", t.bundle)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, exit.Errorf(exit.General, "There is no certificate in the TLS CA certificate bundle: %s", t.bundle)
		}
	}
	dialer := &net.Dialer{Timeout: s.Options.ConnectTimeout}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   max(s.Options.ConnectTimeout, 10*time.Second),
		ResponseHeaderTimeout: s.Options.ReadTimeout,
		DisableCompression:    true,
	}, nil
}

// A transportError says that a request got no response.
type transportError struct {
	text  string
	cause error
}

func (e *transportError) Error() string { return e.text }
func (e *transportError) Unwrap() error { return e.cause }

// newTransportError describes the error of a request to url in the AWS CLI's words.
func newTransportError(err error, url string) error {
	text := fmt.Sprintf("Connection was closed before we received a valid response from endpoint URL: %q.", url)
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var op *net.OpError
	var dns *net.DNSError
	var timeout net.Error
	isOp := errors.As(err, &op)
	isTimeout := errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case errors.As(err, &certificate):
		text = fmt.Sprintf("SSL validation failed for %s %v", url, certificate.Err)
	case errors.As(err, &header):
		text = fmt.Sprintf("SSL validation failed for %s %s", url, header.Msg)
	case isOp && op.Op == "proxyconnect":
		text = fmt.Sprintf("Failed to connect to proxy URL: \"%s\"", proxyOf(url))
	case isOp && op.Op == "dial" && isTimeout && !errors.As(err, &dns):
		text = fmt.Sprintf("Connect timeout on endpoint URL: \"%s\"", url)
	case isOp && op.Op == "dial":
		text = fmt.Sprintf("Could not connect to the endpoint URL: \"%s\"", url)
	case isTimeout:
		text = fmt.Sprintf("Read timeout on endpoint URL: \"%s\"", url)
	}
	return &transportError{text, err}
}

// proxyOf returns the URL of the proxy for an endpoint, without its password.
func proxyOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Redacted()
}
