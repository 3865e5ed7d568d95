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

// chainVariable lists the profiles whose processes led here, as the AWS CLI's
// own export-credentials keeps it, so that a circle through both is found too.
const (
	chainVariable = "_AWS_CLI_PROFILE_CHAIN"
	maxChain      = 4
)

// refuseCircle refuses a profile that gets its credentials from a process that asks
// for those of the same profile: each would start another one for ever.
func refuseCircle(name string) error {
	var chain []string
	if list := os.Getenv(chainVariable); list != "" {
		var err error
		chain, err = csv.NewReader(strings.NewReader(list)).Read()
		if err != nil {
			return exit.Errorf(exit.Config, "%s is not a list of profiles", chainVariable)
		}
	}
	again := slices.Contains(chain, name)
	chain = append(chain, name)
	switch {
	case again:
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
	return os.Setenv(chainVariable, strings.TrimSpace(b.String())) // what is started inherits it
}

// Export returns the credentials that calls would be made with, for another
// program. A one-time code and refresh may be given.
func (s *Session) Export(ctx context.Context, code string, refresh bool) (aws.Credentials, error) {
	s.tokenCode, s.refresh = code, refresh
	s.Options.EndpointIsSTS = true
	c, err := s.config()
	if err != nil {
		return aws.Credentials{}, err
	}
	err = refuseCircle(cmp.Or(c.name, "default"))
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.exported(ctx, c)
}

// exported finds the credentials. Those of a profile with keys and an mfa_serial,
// but no role, are a session with a second factor: nobody asks for the keys
// themselves by way of this command.
func (s *Session) exported(ctx context.Context, c *settings) (aws.Credentials, error) {
	region, err := s.region(ctx, c)
	if err != nil {
		return aws.Credentials{}, err
	}
	search := &search{session: s, settings: c, region: region, main: s.Options.EndpointURL}
	found, err := search.credentials()
	if err != nil {
		return aws.Credentials{}, err
	}
	p := c.profile
	isKeys := p.Value("aws_access_key_id") != "" && p.Value("aws_session_token") == "" && p.Value("role_arn") == ""
	if p.Value("mfa_serial") == "" || !isKeys || c.hasKeysInEnvironment() {
		return found.find(ctx)
	}
	file, err := search.sessionFile("GetSessionToken")
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.keeping(ctx, file, func() (aws.Credentials, error) { return search.sessionToken(ctx, found) })
}

// sessionToken opens a session of a user with a second factor.
func (s *search) sessionToken(ctx context.Context, keys *credentials) (aws.Credentials, error) {
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
	t, err := s.sts(op, keys)
	if err != nil {
		return aws.Credentials{}, err
	}
	code, err := s.session.code(ctx, p.Value("mfa_serial"))
	if err != nil {
		return aws.Credentials{}, err
	}
	input.Set("TokenCode", code)
	return s.session.issued(ctx, op, t, input)
}
