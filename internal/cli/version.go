package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// A buildInfo is what a program knows of its build. Fields may be empty.
type buildInfo struct {
	version string // a tag, or the version that Go derives from the commit
	commit  string
	date    string // of the commit, RFC 3339
	changed bool   // the files differed from the commit
}

// readBuild reads what Go writes into a program: the version of its module, and the
// commit if it was built in a repository.
func readBuild() buildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return buildInfo{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) buildInfo {
	b := buildInfo{version: strings.Trim(info.Main.Version, "()")}
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

// String returns a line with the commit; "" if it is not known.
func (b buildInfo) String() string {
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

// agent returns the name and version of the program, for the command version and
// for requests.
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
