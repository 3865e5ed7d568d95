// Package client owns how a call reaches a service: the settings of the AWS
// configuration files and of the environment, the credentials, the endpoint, the
// transport and the retries, as in the AWS CLI. It prints no result and knows no
// command. What the command line says about calls comes in as [Options].
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
	NoVerify    bool   // certificates are not verified
	NoSign      bool   // requests carry no signature
	Debug       bool   // what happens is printed to standard error

	ReadTimeout, ConnectTimeout time.Duration // 0: none

	// EndpointIsSTS says that EndpointURL is the URL of STS, because the command
	// calls no other service.
	EndpointIsSTS bool
}

// A Session makes the calls of one run. Every field must be set.
type Session struct {
	Options Options
	Agent   string    // value of the User-Agent header
	Stderr  io.Writer // for debug output and for notices while waiting

	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) // between tries
	Random func() float64                             // jitter in [0, 1)

	// Ask prompts at the terminal and returns the line that is typed, which is not
	// shown.
	Ask func(ctx context.Context, prompt string) (string, error)

	web      *WebIdentity // from the command line; nil if none was given
	settings *settings    // nil until [Session.config] has loaded them

	tokenCode string // the one-time code from the command line, until it is used
	refresh   bool   // open a new session even if one is kept
}
