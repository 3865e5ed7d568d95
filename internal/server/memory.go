package server

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// memoryShare is the percentage of the container's limit that is Go's memory limit. The
// rest is for memory that Go's runtime does not count, such as the kernel's buffers, and
// for growth between two collections, since Go's limit is a soft one.
const memoryShare = 90

// memoryLimit returns the memory limit of this process's control group, in bytes, and
// whether there is one. Go's runtime does not read it, and would let the heap grow until
// the kernel kills the process. The limits of the groups above hold too, so the smallest
// is returned.
//
// No library is used, because the limit is in one file for each group. The libraries for
// it also measure and log.
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
		// In a container the path is often the host's, and its file is missing.
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			limit = min(limit, readLimit(root, path.Join(base, group, file)))
			if group == "/" {
				break
			}
		}
	}
	// Without a limit, version 1 has a number just below the largest.
	return limit, limit < math.MaxInt64/2
}

// readLimit returns the number in a file, or the largest int64 if there is none.
func readLimit(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // fails for "max"
	if err != nil || n <= 0 {
		return math.MaxInt64
	}
	return n
}
