package memlimit

import "testing"

// The least limit of a group and of those above it holds, in both versions.
func TestLeastLimit(t *testing.T) {
	for name, c := range map[string]struct {
		groups string
		files  map[string]string
		want   int64
	}{
		"version 2":            {"0::/user/board\n", map[string]string{"/user/board/memory.max": "134217728\n", "/memory.max": "max\n"}, 128 << 20},
		"of the one above":     {"0::/user/board\n", map[string]string{"/user/board/memory.max": "max\n", "/user/memory.max": "67108864\n"}, 64 << 20},
		"version 1":            {"4:cpu,memory:/docker/7\n3:cpu:/\n0::/\n", map[string]string{"memory/docker/7/memory.limit_in_bytes": "134217728\n"}, 128 << 20},
		"version 1, no limit":  {"4:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"within a container":   {"0::/\n", map[string]string{"/memory.max": "134217728\n"}, 128 << 20},
		"what is no such file": {"x\n::\n0::\n", nil, 0},
	} {
		if got := leastLimit(c.groups, func(file string) string { return c.files[file] }); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
