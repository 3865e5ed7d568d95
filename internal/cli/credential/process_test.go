package credential

import (
	"strings"
	"testing"
	"time"
)

// No error shows a value that a program printed.
func FuzzParseProcess(f *testing.F) {
	for _, output := range []string{
		"", "{}", "[]", "x", `{"Version":1}`, `{"Version":"1"}`, `{"Version":1,"AccessKeyId":"SECRETA","SecretAccessKey":"SECRETB","SessionToken":"SECRETC","Expiration":"2099-01-01T00:00:00Z"}`,
		`{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"2020-01-01T00:00:00Z"}`, `{"Version":1,"AccessKeyId":1,"SecretAccessKey":"SECRETB"}`, `{"Version":"SECRET"}`, `{"Version":1,"SecretAccessKey":"SECRET`,
	} {
		f.Add([]byte(output))
	}
	now := time.Date(2026, 9, 21, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, output []byte) {
		found, err := parseProcess(output, now)
		switch {
		case err != nil && strings.Contains(err.Error(), "SECRET"):
			t.Errorf("%q: %v", output, err)
		case err == nil && (!found.HasKeys() || found.CanExpire && !now.Before(found.Expires)):
			t.Errorf("%q: %+v", output, found)
		}
	})
}

func TestContainerTokenGoesOnlyToLoopbackOrAgent(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "169.254.170.2": true, "169.254.170.23": true, "fd00:ec2::23": true,
		"169.254.169.254": false, "10.0.0.1": false, "example.com": false, "localhost.example.com": false, "": false,
	} {
		if isContainerHost(host) != want {
			t.Errorf("%q: %v, want %v", host, !want, want)
		}
	}
}
