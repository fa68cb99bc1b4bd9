package sensor

import (
	"context"
	"strings"
)

// listDisks gives the places where block devices are mounted: the path of a disk is
// that place, "disk/" for the root.
func listDisks(m *Hardware) (all []sensorPath) {
	text, _ := m.text("proc/mounts")
	seen := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) > 2 && strings.HasPrefix(words[0], "/dev/") && strings.HasPrefix(words[1], "/") && !seen[words[0]] {
			seen[words[0]] = true
			all = append(all, sensorPath{unescapeMount(words[1][1:]), words[0]})
		}
	}
	return all
}

// unescapeMount reads the four characters that the kernel writes in octal in
// /proc/mounts.
func unescapeMount(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// openDisk gives the share of a file system that is used, as df counts it.
func openDisk(m *Hardware, where string) (Source, error) {
	place := m.place(where)
	if _, err := diskUsed(place); err != nil {
		return nil, unreadable("disk/"+where, err)
	}
	return &reading{"%", func(context.Context) (float64, error) {
		used, err := diskUsed(place)
		if err != nil {
			return 0, unreadable(place, err)
		}
		return used, nil
	}}, nil
}
