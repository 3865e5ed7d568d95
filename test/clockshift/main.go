// Command clockshift writes an overlay for the go command under which programs
// see another time, and prints its path:
//
//	go test -overlay "$(go run ./test/clockshift "$(go env GOROOT)" FOLDER)" ./...
//
// The file FOLDER/seconds says by how much their wall clock is ahead, at their
// start; it is no variable of the environment, which a test may empty for what it
// starts. A test that passes today and fails so depends on today's date. The time
// of files is shifted too, as the system would shift it. What runs in a bubble of
// testing/synctest keeps its own clock, and so do programs that are built without
// the overlay.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// A change replaces the one occurrence of a text in a file of the standard library.
type change struct{ file, from, to string }

var changes = []change{
	{
		"time/time.go",
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n",
		"func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tif !runtimeIsBubbled() {\n\t\tsec += clockShift\n\t}\n",
	},
	{
		"os/stat_" + runtime.GOOS + ".go",
		"fs.modTime = time.Unix(fs.sys.Mtim.Unix())",
		"fs.modTime = time.Unix(fs.sys.Mtim.Unix()).Add(clockShift)",
	},
	{
		"os/file_posix.go",
		"syscall.NsecToTimespec(t.UnixNano())",
		"syscall.NsecToTimespec(t.Add(-clockShift).UnixNano())",
	},
}

// added are new files of the standard library. %q is where the seconds are.
var added = map[string]string{
	"time/clockshift.go": `package time

import "syscall"

var clockShift = func() int64 {
	fd, err := syscall.Open(%q, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	text := make([]byte, 20)
	n, err := syscall.Read(fd, text)
	syscall.Close(fd)
	if err != nil || n < 0 {
		panic("clockshift: unreadable")
	}
	seconds, err := atoi(text[:n])
	if err != nil {
		panic("clockshift: no number of seconds")
	}
	return int64(seconds)
}()

// ClockShift is for package os.
func ClockShift() Duration { return Duration(clockShift) * Second }
`,
	"os/clockshift.go": `package os

import "time"

var clockShift = time.ClockShift()
`,
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("clockshift: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: clockshift GOROOT FOLDER")
	}
	source, folder := filepath.Join(os.Args[1], "src"), os.Args[2]
	path, err := write(source, folder)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path)
}

func write(source, folder string) (string, error) {
	files := map[string]string{}
	for _, c := range changes {
		text, known := files[c.file]
		if !known {
			content, err := os.ReadFile(filepath.Join(source, c.file))
			if err != nil {
				return "", err
			}
			text = string(content)
		}
		if n := strings.Count(text, c.from); n != 1 {
			return "", fmt.Errorf("%s has %d times, not once, what is to be replaced: %q", c.file, n, c.from)
		}
		files[c.file] = strings.Replace(text, c.from, c.to, 1)
	}
	for file, text := range added {
		files[file] = strings.ReplaceAll(text, "%q", strconv.Quote(filepath.Join(folder, "seconds")))
	}
	replace := map[string]string{}
	for file, text := range files {
		path := filepath.Join(folder, strings.ReplaceAll(file, "/", "_"))
		err := os.WriteFile(path, []byte(text), 0o600)
		if err != nil {
			return "", err
		}
		replace[filepath.Join(source, file)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}
