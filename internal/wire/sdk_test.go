package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"daypass/api"
	codeartifacttypes "daypass/api/codeartifact"
	iamtypes "daypass/api/iam"
	ststypes "daypass/api/sts"
	"daypass/internal/fault"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact"
	"github.com/aws/aws-sdk-go-v2/service/codeartifact/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// echoServer decodes each call into in, and answers with out or err.
type echoServer struct {
	*httptest.Server
	in, out any
	err     *fault.Error
	failed  error
}

func newEchoServer(t *testing.T, s *api.Service) *echoServer {
	e := &echoServer{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.failed = e.serve(w, r, s)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echoServer) serve(w http.ResponseWriter, r *http.Request, s *api.Service) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	op, err := Route(r, s, body)
	if err == nil {
		err = Decode(op, r, body, e.in)
	}
	if err != nil {
		WriteError(w, Protocol(s), s.Namespace, fault.From(err), requestID)
		return err
	}
	if e.err != nil {
		WriteError(w, Protocol(s), s.Namespace, e.err, requestID)
		return nil
	}
	return WriteResult(w, op, e.out, requestID)
}

func (e *echoServer) received(t *testing.T, err error, want any) {
	t.Helper()
	if err != nil || e.failed != nil {
		t.Fatalf("call: %v; server: %v", err, e.failed)
	}
	if diff := cmp.Diff(want, e.in); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func sdkConfig(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

func TestSTSCallsOfTheGoSDKDecodeAndItReadsTheReplies(t *testing.T) {
	t.Parallel()
	at := time.Unix(1790000000, 0).UTC()
	s := newEchoServer(t, api.STS())
	s.in = &ststypes.AssumeRoleInput{}
	s.out = &ststypes.AssumeRoleOutput{
		Credentials:     &ststypes.Credentials{AccessKeyId: "ASIA", SecretAccessKey: "s/+=", SessionToken: "t<&>", Expiration: &at},
		AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: "arn:aws:sts::111122223333:assumed-role/ci/ab", AssumedRoleId: "AROA:ab"},
	}
	out, err := sts.NewFromConfig(sdkConfig(s.URL)).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::111122223333:role/ci"), RoleSessionName: aws.String("ab"), DurationSeconds: aws.Int32(900),
		Policy: aws.String("{\n\t\"a\": \"é&+ %\"}"),
	})
	s.received(t, err, &ststypes.AssumeRoleInput{
		RoleArn: "arn:aws:iam::111122223333:role/ci", RoleSessionName: "ab", DurationSeconds: ptr(int64(900)), Policy: "{\n\t\"a\": \"é&+ %\"}",
	})
	got := []any{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken, *out.Credentials.Expiration, *out.AssumedRoleUser.Arn}
	want := []any{"ASIA", "s/+=", "t<&>", at, "arn:aws:sts::111122223333:assumed-role/ci/ab"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read by the SDK (-want +got):\n%s", diff)
	}
}

func TestSDKReadsErrorsOfTheQueryProtocol(t *testing.T) {
	t.Parallel()
	s := newEchoServer(t, api.STS())
	s.in, s.err = &ststypes.GetCallerIdentityInput{}, fault.New(fault.AccessDenied, "no <&> way")
	_, err := sts.NewFromConfig(sdkConfig(s.URL)).GetCallerIdentity(context.Background(), nil)
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != "AccessDenied" || got.ErrorMessage() != "no <&> way" {
		t.Errorf("the SDK reads %v", err)
	}
}

func TestIAMCallsOfTheGoSDKDecodeAndItReadsTheReplies(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1790000000123).UTC()
	s := newEchoServer(t, api.IAM())
	s.in = &iamtypes.CreateUserInput{}
	s.out = &iamtypes.CreateUserOutput{User: &iamtypes.User{
		UserName: "ann", Path: "/team/", Arn: "arn:aws:iam::111122223333:user/team/ann", UserId: "AIDA", CreateDate: &at,
		Tags: []iamtypes.Tag{{Key: "k", Value: "v"}, {Key: "empty"}},
	}}
	out, err := iam.NewFromConfig(sdkConfig(s.URL)).CreateUser(context.Background(), &iam.CreateUserInput{UserName: aws.String("ann"), Path: aws.String("/team/")})
	s.received(t, err, &iamtypes.CreateUserInput{UserName: "ann", Path: "/team/"})
	u := out.User
	got := []any{*u.UserName, *u.Path, *u.CreateDate, len(u.Tags), *u.Tags[0].Value, *u.Tags[1].Value}
	if diff := cmp.Diff([]any{"ann", "/team/", at, 2, "v", ""}, got); diff != "" {
		t.Errorf("read by the SDK (-want +got):\n%s", diff)
	}
}

func TestCodeArtifactCallsOfTheGoSDKDecodeAndItReadsTheReplies(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1790000000123).UTC()
	s := newEchoServer(t, api.CodeArtifact())
	client := codeartifact.NewFromConfig(sdkConfig(s.URL))
	s.in, s.out = &codeartifacttypes.GetAuthorizationTokenInput{}, &codeartifacttypes.GetAuthorizationTokenOutput{AuthorizationToken: "t", Expiration: &at}
	out, err := client.GetAuthorizationToken(context.Background(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("abc"), DurationSeconds: aws.Int64(0)})
	s.received(t, err, &codeartifacttypes.GetAuthorizationTokenInput{Domain: "abc", DurationSeconds: ptr(int64(0))})
	if *out.AuthorizationToken != "t" || !out.Expiration.Equal(at) {
		t.Errorf("read by the SDK: %q, %v", *out.AuthorizationToken, out.Expiration)
	}

	s.in, s.out = &codeartifacttypes.GetPackageVersionAssetInput{}, &codeartifacttypes.GetPackageVersionAssetOutput{
		Asset: &content{Reader: bytes.NewReader([]byte("hello"))}, AssetName: "a b.txt",
	}
	asset, err := client.GetPackageVersionAsset(context.Background(), &codeartifact.GetPackageVersionAssetInput{
		Domain: aws.String("abc"), Repository: aws.String("r1"), Format: types.PackageFormatGeneric, Package: aws.String("é+"), PackageVersion: aws.String("1.0+local"), Asset: aws.String("a b.txt"),
	})
	s.received(t, err, &codeartifacttypes.GetPackageVersionAssetInput{
		Domain: "abc", Repository: "r1", Format: "generic", Package: "é+", PackageVersion: "1.0+local", Asset: "a b.txt",
	})
	data, err := io.ReadAll(asset.Asset)
	if err != nil || string(data) != "hello" || *asset.AssetName != "a b.txt" {
		t.Errorf("read by the SDK: %q, %v, %q", data, err, *asset.AssetName)
	}
}

func TestSDKReadsErrorsOfRestServices(t *testing.T) {
	t.Parallel()
	s := newEchoServer(t, api.CodeArtifact())
	client := codeartifact.NewFromConfig(sdkConfig(s.URL))
	s.in, s.err = &codeartifacttypes.GetAuthorizationTokenInput{}, fault.NotFoundResource("domain", "abc", "gone")
	_, err := client.GetAuthorizationToken(context.Background(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("abc")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || *missing.ResourceId != "abc" || missing.ResourceType != types.ResourceTypeDomain || missing.ErrorMessage() != "gone" {
		t.Errorf("the SDK reads %v", err)
	}
	s.in = &codeartifacttypes.GetAuthorizationTokenInput{}
	_, err = client.GetAuthorizationToken(context.Background(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("X")})
	var invalid *types.ValidationException
	if !errors.As(err, &invalid) || invalid.Reason != types.ValidationExceptionReasonFieldValidationFailed {
		t.Errorf("the SDK reads %v", err)
	}
	s.in, s.err = &codeartifacttypes.GetAuthorizationTokenInput{}, &fault.Error{Kind: fault.Throttling, Message: "slow", RetryAfter: 7}
	_, err = client.GetAuthorizationToken(context.Background(), &codeartifact.GetAuthorizationTokenInput{Domain: aws.String("abc")})
	var slow *types.ThrottlingException
	if !errors.As(err, &slow) || aws.ToInt32(slow.RetryAfterSeconds) != 7 {
		t.Errorf("the SDK reads %v", err)
	}
}
