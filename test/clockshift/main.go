// Command clockshift writes an overlay for the go command under which a program
// sees another time: the variable DAYPASS_TEST_CLOCK_SHIFT holds the seconds by
// which its wall clock is ahead. It prints the overlay's path.
//
//	DAYPASS_TEST_CLOCK_SHIFT=86400 go test -overlay "$(go run ./test/clockshift "$(go env GOROOT)" FOLDER)" ./...
//
// A test that passes today and fails under it depends on today's date. The time
// of files is shifted too, as the system would shift it. What runs in a bubble of
// testing/synctest keeps its own clock, and so do other programs.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
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

// added are new files of the standard library.
var added = map[string]string{
	"time/clockshift.go": `package time

import "syscall"

var clockShift = func() int64 {
	text, _ := syscall.Getenv("DAYPASS_TEST_CLOCK_SHIFT")
	seconds, err := atoi(text)
	if err != nil {
		panic("DAYPASS_TEST_CLOCK_SHIFT: expected a number of seconds")
	}
	return int64(seconds)
}()
`,
	"os/clockshift.go": `package os

import (
	"syscall"
	"time"
)

var clockShift = func() time.Duration {
	text, _ := syscall.Getenv("DAYPASS_TEST_CLOCK_SHIFT")
	shift, err := time.ParseDuration(text + "s")
	if err != nil {
		panic(err)
	}
	return shift
}()
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
		files[file] = text
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
