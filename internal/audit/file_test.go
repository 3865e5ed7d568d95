package audit

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newFile is a file of a new folder, in which it is noon.
func newFile(t *testing.T) *File {
	t.Helper()
	f := &File{Path: filepath.Join(t.TempDir(), "sub", FileName), MaxSize: 1 << 20, Now: func() time.Time { return noon },
		Report: func(what string, err error) { t.Errorf("%s: %v", what, err) }}
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// write appends a line, as if at the file's own time.
func (f *File) write(t *testing.T, id int) {
	t.Helper()
	f.append(t, fmt.Sprintf("{\"eventName\":\"E\",\"requestID\":\"%d\"}\n", id))
}

// append writes a text as if at the file's own time: the system's time of a file
// must not meet the test's clock.
func (f *File) append(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(f, text)
	if err == nil {
		err = os.Chtimes(f.Path, f.Now(), f.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *File) at(now time.Time) { f.Now = func() time.Time { return now } }

// names are those of the files, without what they have in common.
func (f *File) names(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// read returns the ids of the records in a path, and what was warned of.
func read(t *testing.T, path string) (ids, warnings []string) {
	t.Helper()
	r := Reader{
		Path: path,
		Each: func(_ []byte, r *Record) error { ids = append(ids, r.RequestID); return nil },
		Warn: func(text string) { warnings = append(warnings, text) },
	}
	if err := r.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ids, warnings
}

func TestTheTrailIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.MaxSize = 1
	f.write(t, 1)
	f.write(t, 2)
	for name, want := range map[string]os.FileMode{filepath.Dir(f.Path): 0o700, f.Path: 0o600, filepath.Join(filepath.Dir(f.Path), f.names(t)[0]): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, err, info.Mode())
		}
	}
}

func TestAFileIsRotatedWhenItIsLargeAndOnEachDay(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.write(t, 1)
	f.MaxSize = 70
	f.write(t, 2) // 2 × 35 fit
	f.write(t, 3)
	f.MaxSize = 1 << 20
	f.at(noon.Add(12*time.Hour - time.Second))
	f.write(t, 4)
	f.at(noon.Add(12 * time.Hour))
	f.write(t, 5)
	want := []string{"audit-20261127T120000.000000000Z.jsonl", "audit-20261128T000000.000000000Z.jsonl", "audit.jsonl"}
	if diff := cmp.Diff(want, f.names(t)); diff != "" {
		t.Error(diff)
	}
	ids, warnings := read(t, filepath.Dir(f.Path))
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, ids); diff != "" || warnings != nil {
		t.Error(diff, warnings)
	}
}

func TestOldFilesGoByNumberAndByAge(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.MaxSize, f.Keep = 1, 3
	for i := range 10 {
		f.at(noon.Add(time.Duration(i) * time.Minute))
		f.write(t, i)
	}
	ids, _ := read(t, f.Path)
	if diff := cmp.Diff([]string{"6", "7", "8", "9"}, ids); diff != "" {
		t.Error(diff)
	}
	f.MaxAge = 90 * time.Minute
	f.at(noon.Add(97*time.Minute + 30*time.Second)) // that of 7 is 90m30s old
	f.write(t, 10)
	ids, _ = read(t, f.Path)
	if diff := cmp.Diff([]string{"8", "9", "10"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestTwoWritersAndAFileThatIsMovedAwayLoseNothing(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	g := &File{Path: f.Path, MaxSize: f.MaxSize, Now: f.Now, Report: f.Report}
	if err := g.Open(); err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	f.write(t, 1)
	g.write(t, 2)
	f.MaxSize = 1
	f.write(t, 3) // moves it away from under g
	g.write(t, 4)
	if err := os.Rename(f.Path, f.Path+".1"); err != nil { // as logrotate does
		t.Fatal(err)
	}
	g.write(t, 5)
	ids, _ := read(t, f.Path)
	if diff := cmp.Diff([]string{"1", "2", "5"}, ids); diff != "" {
		t.Error(diff)
	}
	ids, _ = read(t, f.Path+".1")
	if diff := cmp.Diff([]string{"3", "4"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatCannotBeRotatedIsWrittenOn(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	// A name that fits, but not with the time in it: no user, not even root, can
	// rotate it.
	f.Path = filepath.Join(filepath.Dir(f.Path), strings.Repeat("a", 240)+".jsonl")
	var reports []string
	f.Report = func(what string, err error) { reports = append(reports, what) }
	f.MaxSize = 1
	f.write(t, 1)
	f.write(t, 2)
	f.write(t, 3)
	ids, _ := read(t, f.Path)
	if diff := cmp.Diff([]string{"1", "2", "3"}, ids); diff != "" || len(reports) != 1 {
		t.Error(diff, reports)
	}
}

func TestATornLineCostsItselfAlone(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.write(t, 1)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(f.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = file.WriteString(`{"eventName":"E","reque`); err != nil {
		t.Fatal(err)
	}
	file.Close()
	ids, warnings := read(t, f.Path)
	if diff := cmp.Diff([]string{"1"}, ids); diff != "" || len(warnings) != 1 || !strings.Contains(warnings[0], "last line is incomplete") {
		t.Error(diff, warnings)
	}
	f.write(t, 2) // opens it anew
	ids, warnings = read(t, f.Path)
	if diff := cmp.Diff([]string{"1", "2"}, ids); diff != "" || len(warnings) != 1 || !strings.Contains(warnings[0], "line 2 is no audit record") {
		t.Error(diff, warnings)
	}
}

func TestCompressedAndForeignFilesBesideTheTrail(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.MaxSize = 1
	for i := range 3 {
		f.at(noon.Add(time.Duration(i) * time.Minute))
		f.write(t, i)
	}
	folder := filepath.Dir(f.Path)
	first := filepath.Join(folder, f.names(t)[0])
	content, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err = w.Write(content)
	err = errors.Join(err, w.Close(), os.WriteFile(first+".gz", zipped.Bytes(), 0o600), os.Remove(first),
		os.WriteFile(filepath.Join(folder, "audit-notes.jsonl"), []byte("{\"eventName\":\"E\",\"requestID\":\"no\"}\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	ids, warnings := read(t, folder)
	if diff := cmp.Diff([]string{"0", "1", "2"}, ids); diff != "" || warnings != nil {
		t.Error(diff, warnings)
	}
}

func TestALineWithoutEndIsNotHeldInMemory(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.write(t, 1)
	if _, err := f.Write(append(bytes.Repeat([]byte("x"), 3*maxLine), '\n')); err != nil {
		t.Fatal(err)
	}
	f.write(t, 2)
	ids, warnings := read(t, f.Path)
	if diff := cmp.Diff([]string{"1", "2"}, ids); diff != "" || len(warnings) != 1 {
		t.Error(diff, warnings)
	}
}

func TestAReaderThatFollowsMissesNoRotation(t *testing.T) {
	t.Parallel()
	f := newFile(t)
	f.write(t, 0)
	next := 1
	var ids []string
	ctx, stop := context.WithCancel(t.Context())
	r := Reader{
		Path: filepath.Dir(f.Path), Follow: true,
		Each: func(_ []byte, r *Record) error { ids = append(ids, r.RequestID); return nil },
		Warn: func(text string) { t.Error(text) },
		Sleep: func(context.Context, time.Duration) {
			switch next {
			case 1: // nothing
			case 2: // a line in two pieces
				f.append(t, `{"eventName":"E",`)
			case 3:
				f.append(t, "\"requestID\":\"x\"}\n")
			case 4: // what came before it was moved, and two files between
				f.write(t, 10)
				f.MaxSize = 1
				for i := range 3 {
					f.at(noon.Add(time.Duration(i+1) * time.Second))
					f.write(t, 11+i)
				}
				f.MaxSize = 1 << 20
			case 5:
				f.write(t, 14)
			case 6: // gone for a while
				if err := os.Rename(f.Path, f.Path+".1"); err != nil {
					t.Fatal(err)
				}
			case 7:
				f.write(t, 15)
			case 9:
				stop()
			}
			next++
		},
	}
	err := r.Read(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"0", "x", "10", "11", "12", "13", "14", "15"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestWhereNothingIsToRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "none.jsonl")} {
		err := (&Reader{Path: path}).Read(t.Context())
		if err == nil || !strings.Contains(err.Error(), "there are no audit records") {
			t.Errorf("%s: %v", path, err)
		}
	}
	err := (&Reader{Path: filepath.Join(folder, "none", "none")}).Read(t.Context())
	if !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAFilterPicks(t *testing.T) {
	t.Parallel()
	r := &Record{
		EventName: "ReadFromRepository", EventTime: "2026-11-27T12:00:00Z", ErrorCode: "AccessDeniedException",
		UserIdentity: Identity{ARN: "arn:aws:sts::1:assumed-role/r/s", AccessKeyID: "ABIA1",
			SessionContext: &SessionContext{SessionIssuer: &Issuer{ARN: "arn:aws:iam::1:role/r"}}},
		RequestParameters:   []byte(`{"domainName":"d","repositoryName":"r","accessKeyId":"AKIA4"}`),
		ResponseElements:    []byte(`{"credentials":{"accessKeyId":"ASIA5"}}`),
		AdditionalEventData: &Additional{TokenID: "ABIA2", UnverifiedAccessKeyID: "AKIA3"},
	}
	for name, test := range map[string]struct {
		filter Filter
		want   bool
	}{
		"nothing asked":                  {Filter{}, true},
		"the session":                    {Filter{Principal: "arn:aws:sts::1:assumed-role/r/s"}, true},
		"its role":                       {Filter{Principal: "arn:aws:iam::1:role/r"}, true},
		"another role":                   {Filter{Principal: "arn:aws:iam::1:role/r2"}, false},
		"the token":                      {Filter{AccessKeyID: "ABIA1"}, true},
		"the token that it issued":       {Filter{AccessKeyID: "ABIA2"}, true},
		"the key that was claimed":       {Filter{AccessKeyID: "AKIA3"}, true},
		"the key that it is about":       {Filter{AccessKeyID: "AKIA4"}, true},
		"the key that it issued":         {Filter{AccessKeyID: "ASIA5"}, true},
		"another key":                    {Filter{AccessKeyID: "ABIA"}, false},
		"the repository":                 {Filter{Domain: "d", Repository: "r"}, true},
		"another domain's":               {Filter{Domain: "e", Repository: "r"}, false},
		"the event in small letters":     {Filter{Event: "readfromrepository"}, true},
		"another event":                  {Filter{Event: "Read"}, false},
		"errors":                         {Filter{Errors: true}, true},
		"from a moment in its second on": {Filter{Since: noon.Add(900 * time.Millisecond)}, true},
		"from the next second on":        {Filter{Since: noon.Add(time.Second)}, false},
		"until then":                     {Filter{Until: noon}, false},
		"until later":                    {Filter{Until: noon.Add(1)}, true},
	} {
		if got := test.filter.Match(r); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (&Filter{Errors: true}).Match(&Record{}) || (&Filter{Since: noon}).Match(&Record{EventTime: "x"}) {
		t.Error("a record without an error or a time is picked")
	}
}
