package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/document"
	"daypass/internal/cli/profile"
	"daypass/internal/wire"
)

// A webIdentity is a token of an identity provider, in a file, for which STS
// gives the credentials of a role.
type webIdentity struct {
	file, role, name string
	option           string // what gave the file
}

const (
	fileOption = "web-identity-token-file"
	roleOption = "role-arn"
	nameOption = "role-session-name"

	fileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"
	roleVariable = "AWS_ROLE_ARN"
)

const webIdentityHelp = `  --web-identity-token-file FILE
      Ask with the token of an identity provider that is in the file, instead of
      with credentials: STS gives those of a role for it first. The settings of
      AWS SDKs do the same: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and
      AWS_ROLE_SESSION_NAME.
  --role-arn ARN
      The role, for --web-identity-token-file.
  --role-session-name NAME
      A name for the session, which logs and policies see.
`

// token is the short spelling of GetAuthorizationToken. It can ask for the
// credentials of a role first.
func (s *session) token(ctx context.Context, args []string) error {
	op := api.CodeArtifact().Operations["GetAuthorizationToken"]
	if len(args) == 1 && args[0] == "help" {
		return s.app.helpOperation(op, webIdentityHelp)
	}
	var parser argument.Parser
	for _, name := range []string{fileOption, roleOption, nameOption} {
		parser.Options = append(parser.Options, &argument.Argument{Names: []string{"--" + name}, Dest: name})
	}
	values, rest, err := parser.Parse(args)
	if err != nil {
		return grammarError(err)
	}
	if len(values) > 0 {
		given := func(name string) string { v, _ := values[name].(string); return v }
		s.web, err = newWebIdentity(given(fileOption), given(roleOption), given(nameOption))
		if err != nil {
			return err
		}
	}
	return s.operate(ctx, op, rest)
}

// newWebIdentity fills in from the environment, where AWS SDKs and CI systems
// look, what was not given.
func newWebIdentity(file, role, name string) (*webIdentity, error) {
	w := &webIdentity{file: file, role: either(role, os.Getenv(roleVariable)), name: either(name, os.Getenv("AWS_ROLE_SESSION_NAME")), option: "--" + fileOption}
	if file == "" {
		w.file, w.option = os.Getenv(fileVariable), fileVariable
	}
	switch {
	case w.file == "":
		return nil, usageError(fmt.Sprintf("--%s and --%s need --%s, or %s in the environment", roleOption, nameOption, fileOption, fileVariable))
	case w.role == "":
		return nil, usageError(fmt.Sprintf("%s needs a role: give --%s, or %s in the environment", w.option, roleOption, roleVariable))
	}
	return w, nil
}

// read returns the token. Its text is in no error.
func (w *webIdentity) read() (string, error) {
	path := profile.Expand(w.file)
	file, err := os.Open(path)
	if err != nil {
		return "", fail(exitConfig, "%s: unable to read the token: %s", w.option, systemError(err, path))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = errors.New("it is too long")
	}
	if err != nil {
		return "", fail(exitConfig, "%s: unable to read the token: %s", w.option, systemError(err, path))
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fail(exitConfig, "%s: the file %s is empty: expected the token of an identity provider", w.option, document.Repr(path))
	}
	return token, nil
}

// exchange asks STS for the credentials of the role.
func (s *session) exchange(ctx context.Context, w *webIdentity, c *settings, stsURL string) (aws.Credentials, error) {
	token, err := w.read()
	if err != nil {
		return aws.Credentials{}, err
	}
	op := api.STS().Operations["AssumeRoleWithWebIdentity"]
	t, err := s.targetAt(ctx, op, c, stsURL)
	if err != nil {
		return aws.Credentials{}, err
	}
	input := &document.Object{}
	input.Set("RoleArn", w.role)
	input.Set("RoleSessionName", either(w.name, fmt.Sprintf("daypass-%d", s.app.Now().Unix())))
	input.Set("WebIdentityToken", token)
	result, err := s.askAt(ctx, op, t, input)
	if err != nil {
		return aws.Credentials{}, err
	}
	found, _ := result.Get("Credentials")
	object, _ := found.(wire.Object)
	text := func(name string) string { v, _ := object.Get(name); s, _ := v.(string); return s }
	keys := aws.Credentials{AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), SessionToken: text("SessionToken"), Source: "a web identity"}
	if !keys.HasKeys() {
		return aws.Credentials{}, fail(exitGeneral, "The answer to AssumeRoleWithWebIdentity from %s has no credentials", t.url)
	}
	return keys, nil
}
