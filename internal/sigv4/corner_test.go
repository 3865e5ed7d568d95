package sigv4

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// S3's paths are signed as they stand: neither cleaned nor escaped once more.
//
// Source: IAM User Guide, "Create a signed AWS API request", canonical URI.
func TestPathsOfS3AreSignedAsTheyStand(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	r, err := http.NewRequest(http.MethodGet, "https://b.s3.us-east-1.amazonaws.com/a%20b//c/../d", nil)
	if err != nil {
		t.Fatal(err)
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	err = signer.SignHTTP(context.Background(), aws.Credentials{AccessKeyID: goldenKey, SecretAccessKey: goldenSecret}, r, HashPayload(nil), "s3", "us-east-1", now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = judge(r, Scope{Region: "us-east-1", Service: "s3", Skew: time.Minute}, now, "", goldenSecret, new(Verifier))
	if err != nil {
		t.Errorf("as signed: %v", err)
	}
	r.URL.Path, r.URL.RawPath = "/a b/d", ""
	_, err = judge(r, Scope{Region: "us-east-1", Service: "s3", Skew: time.Minute}, now, "", goldenSecret, new(Verifier))
	if err == nil || err.Error() != standard {
		t.Errorf("cleaned: %v", err)
	}
}

func TestAnEmptyPathIsTheRoot(t *testing.T) {
	t.Parallel()
	g := goldens[2] // a POST to /
	r := g.request(t)
	r.URL.Path = ""
	_, err := judge(r, g.scope(), time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), g.body, goldenSecret, new(Verifier))
	if err != nil {
		t.Error(err)
	}
}

func TestMessagesShowLittleOfLongNames(t *testing.T) {
	t.Parallel()
	g := goldens[0]
	r := g.request(t)
	r.Header.Set("Authorization", strings.Replace(g.authorization(), "us-east-1", strings.Repeat("é\x1b\u202e", 20), 1))
	_, err := judge(r, g.scope(), time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), "", goldenSecret, new(Verifier))
	if err == nil || !strings.Contains(err.Error(), `é\u001b\u202e`) || !strings.Contains(err.Error(), "…") || strings.ContainsAny(err.Error(), "\x1b\u202e") || len(err.Error()) > 300 {
		t.Errorf("%v", err)
	}
}

// The pseudo-header of HTTP/2 may stand for host in SignedHeaders.
func TestNamesOfSignedHeaders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{":authority": true, "host": true, "x-amz-date": true, ":method": false, "Host": false, "": false, "a b": false, "é": false} {
		if headerName(name) != want {
			t.Errorf("headerName(%q) = %v", name, !want)
		}
	}
}
