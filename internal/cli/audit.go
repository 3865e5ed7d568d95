package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"daypass/internal/arn"
	"daypass/internal/audit"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
	"daypass/internal/printable"
)

// auditOptions returns the options of the command audit.
func auditOptions() []*argument.Argument {
	option := func(name, placeholder, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Placeholder: placeholder, Help: help}
	}
	flag := func(name, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Count: argument.NoValues, Value: true, Help: help}
	}
	options := []*argument.Argument{
		option("principal", "ARN", "Records of a user, of a session, or of all sessions of a role."),
		option("token", "ID", "Records of an authorization token, by its id (ABIA…): its issue, its uses, its revocation."),
		option("access-key-id", "ID", "Records of an access key."),
		option("repository", "DOMAIN/NAME", "Records about a repository."),
		option("event", "NAME", "Records of an operation, such as GetAuthorizationToken, or of an action, such as ReadFromRepository."),
		flag("errors", "Records of calls that were refused or failed."),
		option("since", "TIME", "Records from this time on: 2026-11-27T18:00:00Z, 2026-11-27, or 1h, 30m or 7d for a time before now."),
		option("until", "TIME", "Records before this time."),
		option("limit", "N", fmt.Sprintf("Only the newest N records (%d in a table, unless given).", tableLimit)),
		option("file", "PATH", "The file or its folder, or - for standard input. The default is DAYPASS_AUDIT_LOG, or else the folder audit in DAYPASS_DATA or in ./daypass-data. Rotated files beside the file are read first, also those that end in .gz."),
		flag("follow", "Wait for new records and print them, until interrupted."),
	}
	options[0].Section = "Which records"
	options[len(options)-2].Section = "Where from"
	return options
}

const auditFormats = `
  --output json
      One record a line, in the format of AWS CloudTrail.
  --output text
      Time, event, principal, access key, resource, address and error, separated
      by tabs.
  --output table
      The same as a table.
`

func auditCommand() *command.Command {
	return &command.Command{
		Name:    "audit",
		Summary: "read the audit trail of a server, on its machine",
		Text:    "Reads the audit trail of a Daypass server: who did what, when, from where, and whether it was allowed. The command reads files and calls no server, so run it on the server's machine. Each replica has a trail of its own.",
		Parser:  func([]string) argument.Parser { return argument.Parser{Options: auditOptions()} },
		Run:     runAudit,
		Notes:   func() string { return auditFormats },
	}
}

// runAudit reads the audit trail and prints the records that are asked for.
func runAudit(ctx context.Context, env *command.Env, values argument.Values) error {
	a := &auditRun{env: env, values: values, out: bufio.NewWriterSize(env.Stdout, 64<<10)}
	err := a.prepare()
	if err != nil {
		return err
	}
	return a.read(ctx)
}

// An auditRun is one run of the command audit.
type auditRun struct {
	env    *command.Env
	values argument.Values
	filter audit.Filter
	format string
	limit  int // 0: none
	path   string
	out    *bufio.Writer

	newest   []auditLine // a ring of the newest records, if there is a limit
	oldest   int         // index of the oldest record in newest once that is full
	printing bool        // newest is printed, and further records are printed at once
}

// An auditLine is a line of the trail and the record in it.
type auditLine struct {
	text   []byte
	record *audit.Record
}

// tableLimit is the default of --limit for a table. A table is held in memory,
// because the widths of its columns depend on all rows.
const (
	tableLimit = 1000
	maxLimit   = 1_000_000
)

func (a *auditRun) option(name string) string {
	v, _ := a.values[name].(string)
	return v
}

func (a *auditRun) prepare() error {
	var err error
	a.format, err = a.env.OutputFormat()
	if err != nil {
		return err
	}
	_, follow := a.values["follow"]
	switch {
	case a.format != "json" && a.format != "text" && a.format != "table":
		return exit.UsageError("audit: --output " + a.format + ": expected json, text or table")
	case a.env.Query != nil:
		return exit.UsageError("audit: --query does not apply to records: pipe them to jq")
	case follow && a.format == "table":
		return exit.UsageError("audit: --follow does not work with a table: use --output text")
	}
	a.path = profile.Expand(a.option("file"))
	if a.path == "" {
		a.path = serverTrail()
	}
	if follow && a.path == "-" {
		return exit.UsageError("audit: --follow needs a file: standard input is always read to its end")
	}
	err = a.readBounds()
	if err != nil {
		return err
	}
	return a.readFilter()
}

// serverTrail returns the file or folder that a server with the same environment
// writes its trail to.
func serverTrail() string {
	if path := os.Getenv("DAYPASS_AUDIT_LOG"); path != "" && path != "-" && path != "off" {
		return path
	}
	return filepath.Join(cmp.Or(os.Getenv("DAYPASS_DATA"), "daypass-data"), "audit")
}

func (a *auditRun) readBounds() error {
	if a.format == "table" {
		a.limit = tableLimit
	}
	if text := a.option("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return exit.UsageError(fmt.Sprintf("audit: --limit %s: expected a number from 1 to %d", text, maxLimit))
		}
		a.limit = n
	}
	var err error
	a.filter.Since, err = a.instantOption("since")
	if err == nil {
		a.filter.Until, err = a.instantOption("until")
	}
	return err
}

// instantOption returns the time of an option; zero if it is not given.
func (a *auditRun) instantOption(name string) (time.Time, error) {
	text := a.option(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := parseInstant(a.env.Session.Now(), text)
	if err != nil {
		return time.Time{}, exit.UsageError("audit: --" + name + " " + err.Error())
	}
	return at, nil
}

func (a *auditRun) readFilter() error {
	f := &a.filter
	f.Principal, f.Event = a.option("principal"), a.option("event")
	_, f.Errors = a.values["errors"]
	if f.Principal != "" && !strings.HasPrefix(f.Principal, "arn:") {
		return exit.UsageError(fmt.Sprintf("audit: --principal %q: expected an ARN, such as arn:aws:iam::000000000000:user/admin", f.Principal))
	}
	if repository := a.option("repository"); repository != "" {
		var ok bool
		f.Domain, f.Repository, ok = strings.Cut(repository, "/")
		if !ok || f.Domain == "" || f.Repository == "" || strings.Contains(f.Repository, "/") {
			return exit.UsageError(fmt.Sprintf("audit: --repository %q: expected DOMAIN/REPOSITORY", repository))
		}
	}
	tokenID, keyID := a.option("token"), a.option("access-key-id")
	switch {
	case tokenID != "" && keyID != "":
		return exit.UsageError("audit: give one of --token and --access-key-id")
	case tokenID != "" && (!strings.HasPrefix(tokenID, arn.TokenID) || !arn.IsKeyID(tokenID)):
		// The value is not shown, because it may be the token itself.
		return exit.UsageError("audit: --token: expected the token's id (ABIA…), which \"daypass token describe\" tells")
	case keyID != "" && !arn.IsKeyID(keyID):
		return exit.UsageError("audit: --access-key-id: expected 16 to 128 letters and digits")
	}
	f.AccessKeyID = cmp.Or(tokenID, keyID)
	return nil
}

func (a *auditRun) read(ctx context.Context) error {
	_, follow := a.values["follow"]
	r := &audit.Reader{
		Path: a.path, Since: a.filter.Since, Follow: follow, Sleep: a.env.Session.Sleep,
		Each: a.keepOrPrint, Idle: a.flush,
		Warn: func(text string) { fmt.Fprintf(a.env.Stderr, "daypass: %s\n", text) },
	}
	if a.path == "-" {
		r.From = a.env.Stdin
	}
	err := r.Read(ctx)
	var missing *os.PathError
	if errors.As(err, &missing) {
		return exit.Errorf(exit.General, "%s", document.SystemError(missing.Err, missing.Path))
	}
	if err != nil {
		return err
	}
	return a.flush()
}

func (a *auditRun) keepOrPrint(line []byte, r *audit.Record) error {
	if !a.filter.Match(r) {
		return nil
	}
	if a.limit == 0 || a.printing {
		return a.printLine(line, r)
	}
	entry := auditLine{append([]byte(nil), line...), r}
	if len(a.newest) < a.limit {
		a.newest = append(a.newest, entry)
		return nil
	}
	a.newest[a.oldest] = entry
	a.oldest = (a.oldest + 1) % a.limit
	return nil
}

// flush prints the newest records when the whole trail has been read for the first
// time, and writes out the buffer.
func (a *auditRun) flush() error {
	var err error
	if !a.printing {
		a.printing = true
		err = a.printNewest()
	}
	return errors.Join(err, a.out.Flush())
}

func (a *auditRun) printNewest() error {
	inOrder := append(a.newest[a.oldest:len(a.newest):len(a.newest)], a.newest[:a.oldest]...)
	a.newest = nil
	if a.format == "table" {
		return a.printTable(inOrder)
	}
	for _, k := range inOrder {
		err := a.printLine(k.text, k.record)
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *auditRun) printLine(line []byte, r *audit.Record) error {
	if a.format == "json" {
		_, err := a.out.Write(append(printable.JSON(line[:len(line):len(line)]), '\n'))
		return err
	}
	_, err := a.out.WriteString(auditRow(r))
	return err
}

// printTable prints records as a table with aligned columns.
func (a *auditRun) printTable(records []auditLine) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	io.WriteString(w, "TIME\tEVENT\tPRINCIPAL\tACCESS KEY\tABOUT\tADDRESS\tERROR\n")
	for _, k := range records {
		io.WriteString(w, auditRow(k.record))
	}
	return w.Flush() // it returns the error of an earlier write too
}

// auditRow returns the cells of a record as a line, separated by tabs.
func auditRow(r *audit.Record) string {
	cells := auditCells(r)
	for i, cell := range cells {
		cells[i] = cmp.Or(printable.Text(cell), "-")
	}
	return strings.Join(cells, "\t") + "\n"
}

// auditCells returns the facts of a record that people look at first.
func auditCells(r *audit.Record) []string {
	principal := cmp.Or(r.UserIdentity.ARN, strings.TrimSpace(r.UserIdentity.Type+" "+r.UserIdentity.PrincipalID))
	key := r.UserIdentity.AccessKeyID
	if a := r.AdditionalEventData; a != nil && key == "" {
		key = a.UnverifiedAccessKeyID
	}
	return []string{r.EventTime, r.EventName, principal, key, recordSubject(r), r.SourceIPAddress, recordError(r)}
}

// recordError returns the error code and the message of a record; "" without an
// error.
func recordError(r *audit.Record) string {
	if r.ErrorMessage == "" {
		return r.ErrorCode
	}
	return r.ErrorCode + ": " + r.ErrorMessage
}

// recordSubject returns the package, the repository or the domain that a record is
// about, or else its first resource.
func recordSubject(r *audit.Record) string {
	p := r.Package()
	if p.Domain == "" {
		if len(r.Resources) > 0 {
			return r.Resources[0].ARN
		}
		return ""
	}
	text := p.Domain
	for _, part := range []string{p.Repository, p.Format, p.Namespace, p.Name} {
		if part != "" {
			text += "/" + part
		}
	}
	if p.Version != "" {
		text += "@" + p.Version
	}
	return text
}
