package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// A build is what a program knows of how it was made; fields may be empty.
type build struct {
	version string // a tag, or what Go makes of the commit
	commit  string
	date    string // of the commit, RFC 3339
	changed bool   // files differed from the commit
}

// readBuild reads what Go writes into a program: the version of its module, and
// the commit where it was built in a repository.
func readBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{version: strings.Trim(info.Main.Version, "()")}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			b.date = s.Value
		case "vcs.modified":
			b.changed = s.Value == "true"
		}
	}
	return b
}

// String tells the commit in a line of its own where it is known.
func (b build) String() string {
	if b.commit == "" {
		return ""
	}
	text := "commit " + b.commit
	if b.date != "" {
		text += " of " + b.date
	}
	if b.changed {
		text += ", with changes"
	}
	return text + "\n"
}

// agent names the program in "version" and in requests.
func (a *App) agent() string {
	version := a.Version
	if version == "" {
		version = readBuild().version
	}
	return fmt.Sprintf("daypass/%s Go/%s %s/%s", cmp.Or(version, "devel"), strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH)
}

func (a *App) version() error {
	_, err := fmt.Fprintf(a.Stdout, "%s\n%s", a.agent(), readBuild())
	return err
}
