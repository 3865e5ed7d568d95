package token

import (
	"bytes"
	"crypto/rand"
	"io"
	"regexp"
	"testing"

	"daypass/internal/arn"
)

// Lengths: IAM User Guide "IAM identifiers"; the models allow 16 to 128.
func TestIDsHaveTheShapeOfTheirKind(t *testing.T) {
	t.Parallel()
	for prefix, length := range map[string]int{
		arn.TokenID: 20, arn.AccessKeyID: 20, arn.SessionKeyID: 20, arn.UserID: 21, arn.RoleID: 21, arn.GroupID: 21, arn.ManagedPolicyID: 21,
	} {
		shape := regexp.MustCompile(`^` + prefix + `[A-Z2-7]+$`)
		seen := map[string]bool{}
		for range 1000 {
			id, err := NewID(prefix, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if len(id) != length || !shape.MatchString(id) || seen[id] {
				t.Fatalf("id %q", id)
			}
			seen[id] = true
		}
	}
}

func TestIDsAreWhatTheRandomnessSays(t *testing.T) {
	t.Parallel()
	id, err := NewID(arn.RoleID, bytes.NewReader(make([]byte, 11)))
	if err != nil || id != "AROAAAAAAAAAAAAAAAAAA" {
		t.Errorf("id %q, %v", id, err)
	}
	secret, err := NewSecret(bytes.NewReader(bytes.Repeat([]byte{0xff}, 30)))
	if err != nil || secret != "////////////////////////////////////////" {
		t.Errorf("secret %q, %v", secret, err)
	}
}

func TestExhaustedRandomnessIsAnError(t *testing.T) {
	t.Parallel()
	short := func() io.Reader { return bytes.NewReader(make([]byte, 5)) }
	if _, err := NewID(arn.TokenID, short()); err == nil {
		t.Error("an id was made")
	}
	if _, err := NewSecret(short()); err == nil {
		t.Error("a secret was made")
	}
	for n := range 16 + 32 + 3 {
		_, err := OpenKeyring(t.Context(), KeyringConfig{Store: new(memory), Master: newMaster(t, 7), Rand: bytes.NewReader(make([]byte, n))})
		if err == nil {
			t.Errorf("a key was made from %d bytes", n)
		}
	}
}
