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
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"daypass/internal/audit"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
	"daypass/internal/printable"
)

// auditOptions are those of the command audit.
func auditOptions() []*argument.Argument {
	option := func(name, placeholder, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Placeholder: placeholder, Help: help}
	}
	flag := func(name, help string) *argument.Argument {
		return &argument.Argument{Names: []string{"--" + name}, Dest: name, Count: argument.NoValues, Value: true, Help: help}
	}
	options := []*argument.Argument{
		option("principal", "ARN", "Of a user, a session, or all sessions of a role."),
		option("token", "ID", "Of an authorization token, by its id (ABIA…): its issue, its uses, its revocation."),
		option("access-key-id", "ID", "Of an access key, in the same way."),
		option("repository", "DOMAIN/NAME", "About a repository."),
		option("event", "NAME", "Of an operation, such as GetAuthorizationToken, or an action, such as ReadFromRepository."),
		flag("errors", "Of calls that were refused or failed."),
		option("since", "TIME", "From then on: 2026-11-27T18:00:00Z, 2026-11-27, or 1h, 30m, 7d ago."),
		option("until", "TIME", "Before then."),
		option("limit", "N", fmt.Sprintf("The newest N of them (table: %d).", tableLimit)),
		option("file", "PATH", "The file or its folder, or - for standard input; otherwise DAYPASS_AUDIT_LOG, then audit in the folder DAYPASS_DATA, then ./daypass-data/audit. Rotated files beside the file are read first, also those that end in .gz."),
		flag("follow", "Go on with new records until interrupted."),
	}
	options[0].Section = "Which records"
	options[len(options)-2].Section = "Where from"
	return options
}

const auditFormats = `
  --output json
      One record a line, in the shape of AWS CloudTrail.
  --output text
      Time, event, principal, access key, what it was about, address and error,
      separated by tabs.
  --output table
      The same as a table.
`

func auditCommand() *command.Command {
	return &command.Command{
		Name:    "audit",
		Summary: "read the audit trail of a server, on its machine",
		Text:    "Reads the audit trail of a Daypass server: who did what, when, from where, and whether it was allowed. It reads files and asks no server, so it runs where they are; each replica has its own.",
		Parser:  func([]string) argument.Parser { return argument.Parser{Options: auditOptions()} },
		Run:     runAudit,
		Notes:   func() string { return auditFormats },
	}
}

// runAudit reads records back.
func runAudit(ctx context.Context, env *command.Env, values argument.Values) error {
	a := &auditing{env: env, values: values, out: bufio.NewWriterSize(env.Stdout, 64<<10)}
	err := a.prepare()
	if err != nil {
		return err
	}
	return a.read(ctx)
}

// An auditing is one run of the command audit.
type auditing struct {
	env    *command.Env
	values argument.Values
	filter audit.Filter
	format string
	limit  int // 0: none
	path   string
	out    *bufio.Writer

	kept    []keptRecord // the newest, while there is a limit
	next    int          // where the next goes once they are as many as the limit
	started bool         // what was kept is printed: print on as records come
}

type keptRecord struct {
	line   []byte
	record *audit.Record
}

// tableLimit is how many rows a table has at most unless told otherwise; its
// columns are known only when the last row is.
const (
	tableLimit = 1000
	maxLimit   = 1_000_000
)

func (a *auditing) text(name string) string {
	v, _ := a.values[name].(string)
	return v
}

func (a *auditing) prepare() error {
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
		return exit.UsageError("audit: --query does not apply to records: send them to jq")
	case follow && a.format == "table":
		return exit.UsageError("audit: a table can't follow: use --output text")
	}
	a.path = profile.Expand(a.text("file"))
	if a.path == "" {
		a.path = trailOfServer()
	}
	if follow && a.path == "-" {
		return exit.UsageError("audit: --follow is for files; standard input is read to its end as it is")
	}
	err = a.bound()
	if err != nil {
		return err
	}
	return a.pick()
}

// trailOfServer is where the server with the same environment writes.
func trailOfServer() string {
	if path := os.Getenv("DAYPASS_AUDIT_LOG"); path != "" && path != "-" && path != "off" {
		return path
	}
	return filepath.Join(cmp.Or(os.Getenv("DAYPASS_DATA"), "daypass-data"), "audit")
}

func (a *auditing) bound() error {
	if a.format == "table" {
		a.limit = tableLimit
	}
	if text := a.text("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return exit.UsageError(fmt.Sprintf("audit: --limit %s: expected a number from 1 to %d", text, maxLimit))
		}
		a.limit = n
	}
	var err error
	a.filter.Since, err = a.instant("since")
	if err == nil {
		a.filter.Until, err = a.instant("until")
	}
	return err
}

// instant reads an option that is a time; without it there is no bound.
func (a *auditing) instant(name string) (time.Time, error) {
	text := a.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	return moment(a.env.Session.Now(), "audit", "--"+name, text)
}

var keyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\w{16,128}$`) })

func (a *auditing) pick() error {
	f := &a.filter
	f.Principal, f.Event = a.text("principal"), a.text("event")
	_, f.Errors = a.values["errors"]
	if f.Principal != "" && !strings.HasPrefix(f.Principal, "arn:") {
		return exit.UsageError(fmt.Sprintf("audit: --principal %q: expected an ARN, such as arn:aws:iam::000000000000:user/admin", f.Principal))
	}
	if at := a.text("repository"); at != "" {
		var ok bool
		f.Domain, f.Repository, ok = strings.Cut(at, "/")
		if !ok || f.Domain == "" || f.Repository == "" || strings.Contains(f.Repository, "/") {
			return exit.UsageError(fmt.Sprintf("audit: --repository %q: expected DOMAIN/REPOSITORY", at))
		}
	}
	id, key := a.text("token"), a.text("access-key-id")
	switch {
	case id != "" && key != "":
		return exit.UsageError("audit: give one of --token and --access-key-id")
	case id != "" && (!strings.HasPrefix(id, "ABIA") || !keyPattern().MatchString(id)):
		// It is not repeated: it may be the token itself.
		return exit.UsageError("audit: --token: expected the token's id (ABIA…), which \"daypass token describe\" tells")
	case key != "" && !keyPattern().MatchString(key):
		return exit.UsageError("audit: --access-key-id: expected 16 to 128 letters and digits")
	}
	f.AccessKeyID = cmp.Or(id, key)
	return nil
}

func (a *auditing) read(ctx context.Context) error {
	_, follow := a.values["follow"]
	r := &audit.Reader{
		Path: a.path, Since: a.filter.Since, Follow: follow, Sleep: a.env.Session.Sleep,
		Each: a.each, Idle: a.idle,
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
	return a.idle()
}

func (a *auditing) each(line []byte, r *audit.Record) error {
	if !a.filter.Match(r) {
		return nil
	}
	if a.limit == 0 || a.started {
		return a.print(line, r)
	}
	kept := keptRecord{append([]byte(nil), line...), r}
	if len(a.kept) < a.limit {
		a.kept = append(a.kept, kept)
		return nil
	}
	a.kept[a.next] = kept
	a.next = (a.next + 1) % a.limit
	return nil
}

// idle prints what was kept, once all there is has been read, and lets go of
// what was printed.
func (a *auditing) idle() error {
	err := error(nil)
	if !a.started {
		a.started = true
		err = a.newest()
	}
	return errors.Join(err, a.out.Flush())
}

func (a *auditing) newest() error {
	newest := append(a.kept[a.next:len(a.kept):len(a.kept)], a.kept[:a.next]...)
	a.kept = nil
	if a.format == "table" {
		return a.table(newest)
	}
	for _, k := range newest {
		err := a.print(k.line, k.record)
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *auditing) print(line []byte, r *audit.Record) error {
	if a.format == "json" {
		_, err := a.out.Write(append(printable.JSON(line[:len(line):len(line)]), '\n'))
		return err
	}
	_, err := a.out.WriteString(row(r))
	return err
}

// table aligns the columns under their names, in their order.
func (a *auditing) table(records []keptRecord) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	io.WriteString(w, "TIME\tEVENT\tPRINCIPAL\tACCESS KEY\tABOUT\tADDRESS\tERROR\n")
	for _, k := range records {
		io.WriteString(w, row(k.record))
	}
	return w.Flush() // which tells what failed before it
}

// row is a line of text.
func row(r *audit.Record) string {
	cells := columns(r)
	for i, cell := range cells {
		cells[i] = cmp.Or(printable.Text(cell), "-")
	}
	return strings.Join(cells, "\t") + "\n"
}

// columns are what people look at first.
func columns(r *audit.Record) []string {
	who := cmp.Or(r.UserIdentity.ARN, strings.TrimSpace(r.UserIdentity.Type+" "+r.UserIdentity.PrincipalID))
	key := r.UserIdentity.AccessKeyID
	if a := r.AdditionalEventData; a != nil && key == "" {
		key = a.UnverifiedAccessKeyID
	}
	return []string{r.EventTime, r.EventName, who, key, about(r), r.SourceIPAddress, refusal(r)}
}

// refusal is the code of an error, and what was told with it.
func refusal(r *audit.Record) string {
	if r.ErrorMessage == "" {
		return r.ErrorCode
	}
	return r.ErrorCode + ": " + r.ErrorMessage
}

// about is the package, the repository or the domain, or else the resource.
func about(r *audit.Record) string {
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
