package server

import (
	"testing"
	"testing/fstest"
)

func TestTheMemoryLimitIsTheSmallestOfTheControlGroups(t *testing.T) {
	t.Parallel()
	files := func(pairs ...string) fstest.MapFS {
		fs := fstest.MapFS{}
		for i := 0; i < len(pairs); i += 2 {
			fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return fs
	}
	for name, test := range map[string]struct {
		files fstest.MapFS
		limit int64 // 0: none
	}{
		"no control groups":          {files(), 0},
		"no limit":                   {files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "max\n"), 0},
		"a container":                {files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "268435456\n"), 268435456},
		"a path of the host":         {files("proc/self/cgroup", "0::/system.slice/docker-1.scope\n", "sys/fs/cgroup/memory.max", "268435456\n"), 268435456},
		"a group of its own":         {files("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "1000\n", "sys/fs/cgroup/a/memory.max", "max\n"), 1000},
		"a smaller one above":        {files("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "1000\n", "sys/fs/cgroup/a/memory.max", "900\n"), 900},
		"version 1":                  {files("proc/self/cgroup", "9:cpu:/\n8:memory,x:/d\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes", "1000\n"), 1000},
		"version 1 without a limit":  {files("proc/self/cgroup", "8:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"), 0},
		"version 1, no memory group": {files("proc/self/cgroup", "9:cpu:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n"), 0},
		"rubbish":                    {files("proc/self/cgroup", "x\n0::/\n", "sys/fs/cgroup/memory.max", "-1\n"), 0},
	} {
		limit, limited := memoryLimit(test.files)
		if limited != (test.limit > 0) || limited && limit != test.limit {
			t.Errorf("%s: %d, %v, want %d", name, limit, limited, test.limit)
		}
	}
}
