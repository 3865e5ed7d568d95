package server

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/blob"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestWithoutArgumentsTheEmbeddedServerIsConfigured(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig(nil, environment(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8787" || c.Data != "./daypass-data" || c.Region != "us-east-1" || c.AccountID != "000000000000" || c.Database != "" || c.Dev {
		t.Errorf("defaults = %+v", c)
	}
}

func TestAFlagWinsOverItsEnvironmentTwin(t *testing.T) {
	t.Parallel()
	env := environment(map[string]string{"DAYPASS_LISTEN": "127.0.0.1:1", "DAYPASS_REGION": "eu-west-1", "DAYPASS_DEV": "true", "DAYPASS_ROTATE_EVERY": "48h"})
	c, err := ParseConfig([]string{"--listen", "127.0.0.1:2"}, env, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.Region != "eu-west-1" || !c.Dev || c.RotateEvery != 48*time.Hour {
		t.Errorf("config = %+v", c)
	}
}

func TestEveryFaultIsListedAtOnceWithFieldValueAndExpectation(t *testing.T) {
	t.Parallel()
	env := environment(map[string]string{
		"DAYPASS_MASTER_KEY":          "c2hvcnQ=",
		"DAYPASS_ADMIN_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE22",
		"DAYPASS_ROTATE_EVERY":        "soon",
	})
	_, err := ParseConfig([]string{
		"--listen", "nowhere", "--account-id", "12", "--region", "Mars",
		"--database", "mysql://u:hunter2@h/d", "--blobs", "ftp://x", "--tls-cert", "c.pem", "--public-url", "https://u:hunter2@h/?q", "--trust-proxies", "10.0.0.0/33", "--max-upload", "0", "--upload-timeout", "-1s", "--upload-min-rate", "-1", "--log-format", "xml", "--audit-max-size", "9", "--audit-keep", "-1", "--connections", "-1", "--audit-max-age", "1m",
	}, env, nil)
	if err == nil {
		t.Fatal("want faults")
	}
	for _, want := range []string{
		`--listen: "nowhere": expected host:port`,
		`--account-id: "12": expected 12 digits`,
		`--region: "Mars": expected a Region`,
		`--database: "mysql://u:xxxxx@h/d": expected postgres://`,
		`--blobs: "ftp://x": expected s3://`,
		`expected both --tls-cert and --tls-key`,
		`--public-url: "https://u:xxxxx@h/?…": expected`,
		`--trust-proxies: "10.0.0.0/33": expected`,
		`--max-upload: "0": expected`,
		`--upload-timeout: "-1s": expected 0 or a length of time such as 2h`,
		`--upload-min-rate: "-1": expected 0 or a positive number of bytes`,
		`--log-format: "xml": expected json or text`,
		`--audit-max-size: "9": expected at least 1024 bytes`,
		`--connections: "-1": expected 0 or a positive number`,
		`--audit-keep: "-1": expected 0 or a positive number of files`,
		`--audit-max-age: "1m0s": expected 0 or at least 1h`,
		`DAYPASS_MASTER_KEY: expected the base64 of 32 bytes`,
		`DAYPASS_ADMIN_ACCESS_KEY_ID and DAYPASS_ADMIN_SECRET_ACCESS_KEY: set both or none`,
		`DAYPASS_ROTATE_EVERY: "soon": expected a length of time such as 720h`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults lack %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a password is in the message")
	}
}

func TestNoPasswordOfAMistypedValueIsPrinted(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--database", "--blobs", "--public-url", "--region", "--base-domain", "--trust-proxies", "--max-upload", "--log-format", ""} {
		for _, value := range []string{
			"postgre://u@h/x?password=hunter2", "postgre://u:hunter2@h/x", "postgre://u:hunter2@h:port/x", "postgre://u:hunter2/a@h/x", "postgre://u:1/hunter2@h/x",
			"postgre:/u:hunter2@h/x", "u:hunter2@h/x", "//u:hunter2@h/x", "postgre:u:hunter2@h/x", "host=h password=hunter2", "password=hunter2", "postgre://h/x#hunter2",
			"s3://key:hunter2@bucket/prefix", "https://h/?hunter2", "https://h/%zz?hunter2",
		} {
			args := []string{flag, value}
			if flag == "" {
				args = args[1:] // the value is an unexpected argument
			}
			c, err := ParseConfig(args, environment(nil), nil)
			if err == nil && strings.HasPrefix(c.Blobs, "s3:") {
				_, err = blob.OpenS3(t.Context(), c.Blobs, t.TempDir())
			}
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
	_, err := ParseConfig(nil, environment(map[string]string{"DAYPASS_ADMIN_ACCESS_KEY_ID": "hunter2/hunter2+hunter2", "DAYPASS_ADMIN_SECRET_ACCESS_KEY": "AKIAEXAMPLEEXAMPLE22"}), nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret as the id of a key: %v", err)
	}
}

func TestAValueOfTheWrongFormIsOneFaultAmongOthers(t *testing.T) {
	t.Parallel()
	_, err := ParseConfig([]string{"--max-upload", "x", "--audit-max-age=1 day", "--dev=maybe", "--region", "Mars"}, environment(map[string]string{"DAYPASS_AUDIT_KEEP": "some"}), nil)
	if err == nil {
		t.Fatal("want faults")
	}
	want := `DAYPASS_AUDIT_KEEP: "some": expected a number
--max-upload: "x": expected a number of bytes, or one with a unit such as 500MB or 5GiB
--audit-max-age: "1 day": expected a length of time such as 720h or 90m
--dev: "maybe": expected true or false
--region: "Mars": expected a Region such as us-east-1`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestHelpIsAWordToo(t *testing.T) {
	t.Parallel()
	var usage strings.Builder
	_, err := ParseConfig([]string{"help"}, environment(nil), &usage)
	if !errors.Is(err, errHelp) || !strings.Contains(usage.String(), "--listen host:port") {
		t.Errorf("%v, %q", err, usage.String())
	}
}

func TestUnknownFlagsAndArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--nope"}, {"extra"}, {"--listen"}} {
		_, err := ParseConfig(args, environment(nil), nil)
		if err == nil {
			t.Errorf("ParseConfig(%q) = nil, want a fault", args)
		}
	}
}

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	c, err := ParseConfig(nil, environment(map[string]string{
		"DAYPASS_MASTER_KEY":              base64.StdEncoding.EncodeToString(key),
		"DAYPASS_ADMIN_ACCESS_KEY_ID":     "AKIAEXAMPLEEXAMPLE22",
		"DAYPASS_ADMIN_SECRET_ACCESS_KEY": "0123456789012345678901234567890123456789",
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.MasterKey, key) || c.AdminKey.ID != "AKIAEXAMPLEEXAMPLE22" || c.RootKey.ID != "" {
		t.Errorf("config = %+v", c)
	}
}

func TestHelpNamesEveryFlagWithItsTwin(t *testing.T) {
	t.Parallel()
	var usage strings.Builder
	_, err := ParseConfig([]string{"--help"}, environment(nil), &usage)
	if !errors.Is(err, errHelp) {
		t.Fatalf("err = %v", err)
	}
	for _, want := range []string{"--listen host:port", "DAYPASS_LISTEN", "--tls-cert", "DAYPASS_TRUST_PROXIES", "DAYPASS_MASTER_KEY", "default 127.0.0.1:8787"} {
		if !strings.Contains(usage.String(), want) {
			t.Errorf("usage lacks %q:\n%s", want, usage.String())
		}
	}
}

func readFile(t *testing.T, name string) (string, fs.FileMode) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), info.Mode().Perm()
}
