package profile

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"daypass/internal/cli/clitest"
)

var files = []string{
	"", "[default]\nregion = us-east-1\n", "[profile a]\nregion=x\n[profile \"b c\"]\nregion = y\n[profile 'd']\nk=v", "[default]\nA_B = C\n; comment\n# comment\nk: v\nspaced   =   v v  \n",
	"[services s]\ncodeartifact =\n  endpoint_url = http://x\n  other = 1\n[default]\nservices = s\ns3 =\n   a = b\n", "[default]\nk = line\n  more\n   and more\n", "no section\n", "[default\nk=v", "[default]\nnothing\n", "[default]\nk=1\nk=2\n", "[a]\n[a]\n",
	"[default]\nnested =\n  no equals\n", "[plugins]\nx=y\n[preview]\nz=1\n[profile]\nq=1\n[profile a b]\nq=1\n[sso-session s]\nsso_region=r\n[profilex]\nq=1\n", "[default]\r\nk=v\r\n", "[default]\nempty =\nother = x\n", "[default]\n= x\n", "  [default]\nk = v\n", "[default]\n  k = v\n",
	"[default]\nurl = http://h:1/p?q=r\n", "[default]\nk = v ; not a comment\n", "\n\n[default]\n\nk = v\n\n  w\n",
	"[profile w]\n  region = us-east-1\n  output = json\n", "[default]\n  k = v\n    more\n  l = w\n m = x\n", "[default]\n\tk = v\n        l = w\n", "  [default]\n  k = v\n  [profile b]\n  k = w\n",
	"[default]\n  k = v\n\n  l = w\n  # comment\n  m = x\n", "[default]\n  k =\n    a = b\n  l = w\n", "[default]\nk = v\n# comment\n  more\n", "[DEFAULT]\nk = v\n[default]\nl = w\n[profile a]\nk = own\n", "[DEFAULT]\nk=v\n[DEFAULT]\nl=w\n[default]\n",
	"[default]]\nk=v\n", "[default] more\nk=v\n", "[]\n", "[default]\rk = v\r", "[profile 'a b']\nk=v\n[profile \"c\\\"d\"]\nk=v\n[profile e\\ f]\nk=v\n[profile 'open]\nk=v\n[profile  g]\nk=v\n", "[default]\n  k\n", "[default]\nk v = w\n", "[default]\nk: v = w\n", "[default]\nk = v: w\n",
}

const reference = `
import json, sys, awscli
import botocore.configloader as c
from botocore.exceptions import ConfigParseError
for line in sys.stdin:
    path = json.loads(line)
    try:
        print(json.dumps(c.load_config(path)['profiles'], sort_keys=True))
    except ConfigParseError as e:
        print(json.dumps({'error': {'is': str(e)}}))
`

func TestProfilesEqualBotocore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var cases []any
	for i, text := range files {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, path)
	}
	for i, line := range clitest.Python(t, reference, cases) {
		var want map[string]map[string]any
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]map[string]any{}
		f, err := Load(cases[i].(string), "")
		if err != nil {
			got["error"] = map[string]any{"is": err.Error()}
		} else {
			for name, s := range f.Profiles {
				got[name] = map[string]any{}
				for k, v := range s.Values {
					got[name][k] = v
				}
				for k, v := range s.Nested {
					inner := map[string]any{}
					for k, v := range v {
						inner[k] = v
					}
					got[name][k] = inner
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-botocore +ours):\n%s", files[i], diff)
		}
	}
}

func TestCredentialsFileWinsAndAddsProfiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, credentials := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	for path, text := range map[string]string{
		config:      "[default]\nregion=a\noutput=text\n[profile half]\naws_access_key_id=x\n[services s]\nsts =\n  endpoint_url = u\n",
		credentials: "[default]\nregion=b\naws_access_key_id=x\n[only]\nregion=c\naws_access_key_id=x\naws_secret_access_key=y\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load(config, credentials)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{
		f.Profiles["default"].Value("region"), f.Profiles["default"].Value("output"), f.Profiles["only"].Value("region"), f.Profiles["nope"].Value("region"),
		f.Services["s"].Service("sts", "endpoint_url"), f.Services["t"].Service("sts", "endpoint_url"),
		f.Config["default"].Value("region"), f.Credentials["default"].Value("output"), f.Config["only"].Value("region"),
	}
	want := []string{"b", "text", "c", "", "u", "", "a", "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissingFilesAreEmpty(t *testing.T) {
	t.Parallel()
	f, err := Load(filepath.Join(t.TempDir(), "none"), t.TempDir())
	if err != nil || len(f.Profiles) != 0 {
		t.Errorf("%v, %v", f, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range files {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sections, ok := parse(text)
		for name, s := range sections {
			if !ok || s == nil {
				t.Fatalf("%q: section %q", text, name)
			}
		}
	})
}
