package operation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/document"
)

// A token that is encoded again is the same token, and no text has a negative number of
// printed entries.
func FuzzDecodeToken(f *testing.F) {
	for _, text := range []string{
		"", "x", "None", "a___1", "a___-1", "a___x", "a___b___c", "MQ==", "W10=", "eyJNYXJrZXIiOiAiMiIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IDF9", "eyJNYXJrZXIiOiBudWxsfQ==",
		"eyJib3RvX3RydW5jYXRlX2Ftb3VudCI6IC0xfQ==", "eyJib3RvX3RydW5jYXRlX2Ftb3VudCI6ICJ4In0=",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, skip, err := decodeToken(text, "Marker")
		if err != nil {
			return
		}
		if skip < 0 {
			t.Fatalf("%q skips %d entries", text, skip)
		}
		again, _, err := decodeToken(encodeToken(token), "Marker")
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(document.Compact(token), document.Compact(again)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	})
}
