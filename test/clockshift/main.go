// Command clockshift writes an overlay for the go command that moves the wall clock
// of the programs that are built with it, and prints its path:
//
//	go test -overlay "$(go run ./test/clockshift "$(go env GOROOT)" FOLDER)" ./...
//
// A program reads the file FOLDER/seconds at its start, which says by how much its
// clock is ahead. It is a file and not a variable of the environment, because a test
// may clear the environment of a program. A test that passes today and fails with the
// overlay depends on today's date. The times of files are shifted too. A bubble of
// testing/synctest keeps its own clock, and so does a program that is built without
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

// A replacement replaces a text that occurs once in a file of the standard library.
type replacement struct{ file, from, to string }

var replacements = []replacement{
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

// added are new files of the standard library. %q stands for the path of the seconds.
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
	path, err := writeOverlay(source, folder)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path)
}

func writeOverlay(source, folder string) (string, error) {
	files := map[string]string{}
	for _, c := range replacements {
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
