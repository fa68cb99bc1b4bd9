package memlimit

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// groupLimit is the least limit of the control groups that the process is in, of either
// version (cgroups(7)); 0 is none.
func groupLimit() int64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return leastLimit(string(text), func(file string) string {
		text, _ := os.ReadFile(path.Join("/sys/fs/cgroup", file))
		return string(text)
	})
}

// unlimited is from where on a number of version 1 means that there is no limit.
const unlimited = 1 << 60

// leastLimit reads the limits of a group and of those above it.
func leastLimit(groups string, read func(file string) string) (least int64) {
	for line := range strings.Lines(groups) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) < 3 {
			continue
		}
		root, name := "", "memory.max"
		switch {
		case strings.Contains(","+part[1]+",", ",memory,"):
			root, name = "memory", "memory.limit_in_bytes"
		case part[1] != "":
			continue
		}
		for group := path.Clean("/" + part[2]); ; group = path.Dir(group) {
			n, err := strconv.ParseInt(strings.TrimSpace(read(path.Join(root, group, name))), 10, 64)
			if err == nil && n > 0 && n < unlimited && (least == 0 || n < least) {
				least = n
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}
