package sigv4

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// BenchmarkParseAndVerify is what one signed GetAuthorizationToken costs; its
// measure is BenchmarkSDKSign, the AWS SDK's work for the same request.
func BenchmarkParseAndVerify(b *testing.B) {
	for name, g := range map[string]golden{"header": goldens[0], "session": goldens[1], "presigned": goldens[3]} {
		for cache, v := range map[string]*Verifier{"warm": new(Verifier), "cold": nil} {
			b.Run(name+"/"+cache, func(b *testing.B) {
				r := g.request(b)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := judge(r, g.scope(), goldenTime, "", goldenSecret, v); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSDKSign(b *testing.B) {
	signer := v4.NewSigner()
	r := goldens[0].request(b)
	credentials := aws.Credentials{AccessKeyID: goldenKey, SecretAccessKey: goldenSecret}
	b.ReportAllocs()
	for b.Loop() {
		err := signer.SignHTTP(context.Background(), credentials, r, EmptyPayload, "codeartifact", "us-east-1", goldenTime)
		if err != nil {
			b.Fatal(err)
		}
	}
}
