package codeartifact

import (
	"context"
	"crypto/sha256"
	"fmt"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/policy"
)

// encryptionKey returns the ARN that a domain shows as its key. The caller's own
// key needs the permissions that AWS demands. It is shown, and encrypts nothing.
//
// Source: CodeArtifact User Guide, "Create a domain".
func encryptionKey(ctx context.Context, c *gate.Call, named string) (string, error) {
	if named == "" {
		return defaultKey(c.Region, c.Principal.Account), nil
	}
	key, ok := arn.KMSKey(c.Region, c.Principal.Account, named)
	if !ok {
		return "", &fault.Error{Kind: fault.Validation, Reason: "ENCRYPTION_KEY_ERROR",
			Message: fmt.Sprintf("encryptionKey: %q is not a KMS key: expected a key id, a key ARN, alias/NAME or an alias ARN", named)}
	}
	on := gate.Subject{
		ARN: key,
		// There are no key policies here: the caller's own policies decide.
		Account: c.Principal.Account,
		Keys:    policy.Keys{{Name: "kms:viaservice", Value: policy.One("codeartifact." + c.Region + ".amazonaws.com")}},
	}
	for _, action := range []string{"kms:DescribeKey", "kms:CreateGrant"} {
		err := c.Authorize(ctx, action, on)
		if err != nil {
			return "", err
		}
	}
	return key, nil
}

// defaultKey returns the ARN of the key that AWS would manage for an account in a
// region. All its domains have the same one.
func defaultKey(region, account string) string {
	b := sha256.Sum256([]byte("aws/codeartifact " + region + " " + account))
	b[6] = b[6]&0x0f | 0x80 // version 8 and the variant of RFC 9562
	b[8] = b[8]&0x3f | 0x80
	key, _ := arn.KMSKey(region, account, fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]))
	return key
}
