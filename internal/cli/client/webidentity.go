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

// A WebIdentity is a token of an identity provider, in a file, for which STS
// gives the credentials of a role.
type WebIdentity struct {
	file, role, name string
	option           string // what gave the file
}

// Options of commands that take a web identity.
const (
	FileOption = "web-identity-token-file"
	RoleOption = "role-arn"
	NameOption = "role-session-name"
)

// Variables of the environment, as AWS SDKs read them.
const (
	fileVariable = credential.TokenFileVariable
	roleVariable = "AWS_ROLE_ARN"
)

// NewWebIdentity fills in from the environment, where AWS SDKs and CI systems
// look, what was not given.
func NewWebIdentity(file, role, name string) (*WebIdentity, error) {
	w := &WebIdentity{file: file, role: cmp.Or(role, os.Getenv(roleVariable)), name: cmp.Or(name, os.Getenv("AWS_ROLE_SESSION_NAME")), option: "--" + FileOption}
	if file == "" {
		w.file, w.option = os.Getenv(fileVariable), fileVariable
	}
	switch {
	case w.file == "":
		return nil, exit.UsageError(fmt.Sprintf("--%s and --%s need --%s, or %s in the environment", RoleOption, NameOption, FileOption, fileVariable))
	case w.role == "":
		return nil, needsRole(w.option)
	}
	return w, nil
}

func needsRole(option string) error {
	return exit.UsageError(fmt.Sprintf("%s needs a role: give --%s, or %s in the environment", option, RoleOption, roleVariable))
}

// maxTokenFile bounds the file, in bytes.
const maxTokenFile = 64 << 10

// read returns the token. Its text is in no error.
func (w *WebIdentity) read() (string, error) {
	path := profile.Expand(w.file)
	file, err := os.Open(path)
	if err != nil {
		return "", exit.Errorf(exit.Config, "%s: unable to read the token: %s", w.option, document.SystemError(err, path))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
	if err == nil && len(data) > maxTokenFile {
		err = errors.New("it is too long")
	}
	if err != nil {
		return "", exit.Errorf(exit.Config, "%s: unable to read the token: %s", w.option, document.SystemError(err, path))
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", exit.Errorf(exit.Config, "%s: the file %s is empty: expected the token of an identity provider", w.option, document.Repr(path))
	}
	return token, nil
}

// exchange asks STS for the credentials of the role.
func (s *search) exchange(ctx context.Context, w *WebIdentity) (aws.Credentials, error) {
	token, err := w.read()
	if err != nil {
		return aws.Credentials{}, err
	}
	op := api.STS().Operations["AssumeRoleWithWebIdentity"]
	t, err := s.sts(op, nil)
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.session.issued(ctx, op, t, document.New(
		document.Member{Name: "RoleArn", Value: w.role},
		document.Member{Name: "RoleSessionName", Value: cmp.Or(w.name, s.session.sessionName())},
		document.Member{Name: "WebIdentityToken", Value: token},
	))
}
