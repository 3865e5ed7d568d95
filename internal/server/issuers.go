package server

import (
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"daypass/internal/oidc"
)

// newIssuers returns the verifier of OpenID Connect issuers' tokens, which fetches their
// keys. --oidc-ca-file adds authorities to the system's, for private issuers.
func newIssuers(c Config, now func() time.Time) (*oidc.Issuers, error) {
	web := &oidc.Web{Loopback: c.Dev}
	if c.OIDCCAFile != "" {
		text, err := os.ReadFile(c.OIDCCAFile)
		if err != nil {
			return nil, fmt.Errorf("--oidc-ca-file: %w", err)
		}
		web.Roots, err = x509.SystemCertPool()
		if err != nil {
			web.Roots = x509.NewCertPool() // the system has none
		}
		if !web.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--oidc-ca-file: %s holds no certificate in PEM", c.OIDCCAFile)
		}
	}
	return &oidc.Issuers{Get: web.Get, Now: now}, nil
}
