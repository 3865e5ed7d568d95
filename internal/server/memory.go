package server

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// memoryShare is the part of what a container may have, in percent, that Go's
// heap stays within if it can: the rest is for stacks, for the kernel's buffers
// and for what comes between two collections.
const memoryShare = 90

// memoryLimit returns what the control group of this process may use of memory,
// in bytes, and whether there is a limit. Go's collector does not look there: it
// would let the heap grow until the kernel ends the process. The groups above
// count too, and the smallest limit holds.
//
// It is our own because all it takes is to read one file a group; libraries for it
// also measure and log.
//
// Source: Linux, Documentation/admin-guide/cgroup-v2.rst, memory.max, and
// cgroup-v1/memory.rst, memory.limit_in_bytes; cgroups(7), /proc/PID/cgroup.
func memoryLimit(root fs.FS) (int64, bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	limit := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if parts[0] != "0" || parts[1] != "" { // version 1 names its controllers
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		// In a container the path is often that of the host, which is not there.
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			limit = min(limit, readLimit(root, path.Join(base, group, file)))
			if group == "/" {
				break
			}
		}
	}
	// Version 1 says a number next to the largest for none.
	return limit, limit < math.MaxInt64/2
}

// readLimit is the number in a file, or the largest for none.
func readLimit(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // or max
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}
