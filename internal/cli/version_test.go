package cli

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionTellsWhatTheBuildKnows(t *testing.T) {
	t.Parallel()
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	commit, date := setting("vcs.revision", "1dc41125"), setting("vcs.time", "2026-11-30T08:00:00Z")
	for name, c := range map[string]struct {
		info          debug.BuildInfo
		version, text string
	}{
		"go run":              {debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "devel", ""},
		"a tag":               {debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3", ""},
		"a commit":            {debug.BuildInfo{Settings: []debug.BuildSetting{commit, date}}, "", "commit 1dc41125 of 2026-11-30T08:00:00Z\n"},
		"a commit, unchanged": {debug.BuildInfo{Settings: []debug.BuildSetting{commit, date, setting("vcs.modified", "false")}}, "", "commit 1dc41125 of 2026-11-30T08:00:00Z\n"},
		"a commit, changed":   {debug.BuildInfo{Settings: []debug.BuildSetting{commit, setting("vcs.modified", "true")}}, "", "commit 1dc41125, with changes\n"},
	} {
		b := buildOf(&c.info)
		if b.version != c.version || b.String() != c.text {
			t.Errorf("%s: %q, %q, want %q, %q", name, b.version, b.String(), c.version, c.text)
		}
	}
}

func TestVersionIsACommandAndAnOption(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"version", "--version", "iam --version", "--version help"} {
		code, stdout, stderr := inProcess(t, "", strings.Fields(args)...)
		if code != 0 || !strings.HasPrefix(stdout, "daypass/1.0.0 Go/") || stderr != "" {
			t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
