package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/api"
	"daypass/internal/cli/credential"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
)

// A WebIdentity is a token of an identity provider, which STS exchanges for the
// credentials of a role.
type WebIdentity = credential.WebIdentity

// The options of commands that take a web identity, without dashes.
const (
	FileOption = "web-identity-token-file"
	RoleOption = "role-arn"
	NameOption = "role-session-name"
)

// The variables of the environment that the AWS SDKs read.
const (
	fileVariable = credential.TokenFileVariable
	roleVariable = "AWS_ROLE_ARN"
)

// UseWebIdentity makes the calls of the session with the credentials that STS gives
// for a web identity of the command line. What is empty in it comes from the
// variables of the AWS SDKs.
func (s *Session) UseWebIdentity(w WebIdentity) error {
	w.Setting = "--" + FileOption
	if w.File == "" {
		w.File, w.Setting = os.Getenv(fileVariable), fileVariable
	}
	w.Role = cmp.Or(w.Role, os.Getenv(roleVariable))
	w.SessionName = cmp.Or(w.SessionName, os.Getenv("AWS_ROLE_SESSION_NAME"))
	switch {
	case w.File == "":
		return exit.UsageError(fmt.Sprintf("--%s and --%s need --%s, or %s in the environment", RoleOption, NameOption, FileOption, fileVariable))
	case w.Role == "":
		return noRoleError(w.Setting)
	}
	s.web = &w
	return nil
}

func noRoleError(setting string) error {
	return exit.UsageError(fmt.Sprintf("%s needs a role: give --%s, or %s in the environment", setting, RoleOption, roleVariable))
}

// maxTokenFile bounds a file with a token, in bytes.
const maxTokenFile = 64 << 10

// readToken returns the token of a web identity. No error contains its text.
func readToken(w WebIdentity) (string, error) {
	path := profile.Expand(w.File)
	file, err := os.Open(path)
	if err != nil {
		return "", exit.Errorf(exit.Config, "%s: unable to read the token: %s", w.Setting, document.SystemError(err, path))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
	if err == nil && len(data) > maxTokenFile {
		err = errors.New("it is too long")
	}
	if err != nil {
		return "", exit.Errorf(exit.Config, "%s: unable to read the token: %s", w.Setting, document.SystemError(err, path))
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", exit.Errorf(exit.Config, "%s: the file %s is empty: expected the token of an identity provider", w.Setting, document.Repr(path))
	}
	return token, nil
}

// exchange calls AssumeRoleWithWebIdentity.
func (s *credentialSearch) exchange(ctx context.Context, w WebIdentity) (aws.Credentials, error) {
	token, err := readToken(w)
	if err != nil {
		return aws.Credentials{}, err
	}
	op := api.STS().Operations["AssumeRoleWithWebIdentity"]
	t, err := s.stsTarget(op, nil)
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.session.callForCredentials(ctx, op, t, document.New(
		document.Member{Name: "RoleArn", Value: w.Role},
		document.Member{Name: "RoleSessionName", Value: cmp.Or(w.SessionName, s.session.sessionName())},
		document.Member{Name: "WebIdentityToken", Value: token},
	))
}
