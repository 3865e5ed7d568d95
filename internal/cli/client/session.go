// Package client owns how a call reaches a service: the settings of the AWS
// configuration files and the environment, the credentials, the endpoint, the
// transport and the retries, as the AWS CLI has them. It prints no result and
// knows no command; what the command line says comes in as [Options].
package client

import (
	"context"
	"io"
	"time"
)

// Options are what the command line says about calls. The zero value leaves
// everything to the configuration and the environment.
type Options struct {
	EndpointURL string
	Region      string
	Profile     string
	CABundle    string // a file of certificates to trust
	NoVerify    bool   // certificates are not checked
	NoSign      bool   // requests carry no signature
	Debug       bool   // what happens is told on standard error

	ReadTimeout, ConnectTimeout time.Duration // 0: none

	// EndpointIsSTS says that EndpointURL is meant for STS: the command calls no
	// other service.
	EndpointIsSTS bool
}

// A Session makes the calls of one run. Every field must be set.
type Session struct {
	Options Options
	Agent   string    // of the User-Agent header
	Stderr  io.Writer // takes what Options.Debug asks for

	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) // between tries
	Random func() float64                             // jitter in [0, 1)

	// Ask shows a prompt to whoever sits at the terminal and returns the line that
	// they type, which is not shown.
	Ask func(ctx context.Context, prompt string) (string, error)

	web      *WebIdentity // given on the command line, or nil
	settings *settings    // of the configuration files; see [Session.config]

	tokenCode string // a one-time code that was given, until it is used
	refresh   bool   // a session that is kept is not good enough
}

// As makes the calls with the credentials that a web identity gets.
func (s *Session) As(web *WebIdentity) { s.web = web }
