package client

import (
	"cmp"
	"context"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
)

// chainVariable lists the profiles whose processes started this one. The AWS CLI's
// export-credentials uses the same variable, so that a loop through both programs is
// found too.
const (
	chainVariable = "_AWS_CLI_PROFILE_CHAIN"
	maxChain      = 4
)

// refuseLoop refuses a profile whose credential_process needs the credentials of the
// same profile: each process would start another one for ever.
func refuseLoop(name string) error {
	var chain []string
	if list := os.Getenv(chainVariable); list != "" {
		var err error
		chain, err = csv.NewReader(strings.NewReader(list)).Read()
		if err != nil {
			return exit.Errorf(exit.Config, "%s is not a list of profiles", chainVariable)
		}
	}
	isLoop := slices.Contains(chain, name)
	chain = append(chain, name)
	switch {
	case isLoop:
		return exit.Errorf(exit.Config, "Credential process resolution detected an infinite loop, profile cycle: %s", strings.Join(chain, " -> "))
	case len(chain) > maxChain:
		return exit.Errorf(exit.Config, "Maximum recursive credential process resolution reached (%d).\nProfiles seen: %s", maxChain, strings.Join(chain[:maxChain], " -> "))
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	err := w.Write(chain)
	if err != nil {
		return err
	}
	w.Flush()
	return os.Setenv(chainVariable, strings.TrimSpace(b.String())) // processes that are started inherit it
}

// Export returns the credentials of calls, for another program. A code that is not
// empty is used as the one-time code. refresh opens a new session even if one is
// kept.
func (s *Session) Export(ctx context.Context, code string, refresh bool) (aws.Credentials, error) {
	s.tokenCode, s.refresh = code, refresh
	s.Options.EndpointIsSTS = true
	c, err := s.config()
	if err != nil {
		return aws.Credentials{}, err
	}
	err = refuseLoop(cmp.Or(c.name, "default"))
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.exportedCredentials(ctx, c)
}

// exportedCredentials finds the credentials. For a profile with keys and mfa_serial,
// but without a role, they are a session that was opened with a one-time code: the
// keys themselves need no command.
func (s *Session) exportedCredentials(ctx context.Context, c *settings) (aws.Credentials, error) {
	search := &credentialSearch{session: s, settings: c, region: s.region(ctx, c), serviceURL: s.Options.EndpointURL}
	found, err := search.credentials()
	if err != nil {
		return aws.Credentials{}, err
	}
	p := c.profile
	hasLongTermKeys := p.Value("aws_access_key_id") != "" && p.Value("aws_session_token") == "" && p.Value("role_arn") == ""
	if p.Value("mfa_serial") == "" || !hasLongTermKeys || c.hasKeysInEnvironment() {
		return found.find(ctx)
	}
	file, err := search.sessionFile("GetSessionToken")
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.keptSession(ctx, file, func() (aws.Credentials, error) { return search.sessionToken(ctx, found) })
}

// sessionToken calls GetSessionToken with a one-time code.
func (s *credentialSearch) sessionToken(ctx context.Context, keys *credentials) (aws.Credentials, error) {
	p := s.settings.profile
	input := document.New(document.Member{Name: "SerialNumber", Value: p.Value("mfa_serial")})
	if text := p.Value("duration_seconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return aws.Credentials{}, exit.Errorf(exit.Config, "duration_seconds of the profile (%s): %q is not a number of seconds", cmp.Or(s.settings.name, "default"), text)
		}
		input.Set("DurationSeconds", seconds)
	}
	op := api.STS().Operations["GetSessionToken"]
	t, err := s.stsTarget(op, keys)
	if err != nil {
		return aws.Credentials{}, err
	}
	code, err := s.session.code(ctx, p.Value("mfa_serial"))
	if err != nil {
		return aws.Credentials{}, err
	}
	input.Set("TokenCode", code)
	return s.session.callForCredentials(ctx, op, t, input)
}
