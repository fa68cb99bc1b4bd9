package workspace

import (
	"strconv"
	"strings"
)

// migrations bring the text of a version to the next one. They change what is in a
// line and never how many there are, so that errors name the lines of the file.
var migrations = map[int]func(blocks []*tomlBlock){
	1: listsAsTables,
}

// upgrade is a text of an older version in the words of the current one. Comments,
// order and lines stay. A text that is not sound TOML is left as it is.
func upgrade(text string, from int) string {
	blocks, ok := blocksOf(text)
	if !ok || from >= Version {
		return text
	}
	for v := from; v < Version; v++ {
		migrations[v](blocks)
	}
	var out strings.Builder
	out.Grow(len(text) + len(text)/8)
	for _, b := range blocks {
		for i := range b.statements {
			if s := &b.statements[i]; len(b.path) == 0 && len(s.path) == 1 && s.path[0] == "sockeye" {
				s.value = strconv.Itoa(Version)
			}
		}
		b.writeTo(&out)
	}
	return out.String()
}

// listsAsTables: in version 1 a list was an array of rows, [[lists.NAME]], and a row
// was disabled = true. Since version 2 it is a table, which has room for more than
// rows: [[lists.NAME.row]], and enabled = false.
func listsAsTables(blocks []*tomlBlock) {
	for _, b := range blocks {
		switch {
		case b.inList && len(b.path) == 2 && b.path[0] == "lists":
			open := strings.Index(b.head, "[[") + len("[[")
			_, end := readKey(b.head, open)
			key := strings.TrimRight(b.head[:end], " \t")
			b.head = key + ".row" + b.head[len(key):]
			b.path = append(b.path[:2:2], "row")
			for i := range b.statements {
				enabledOf(&b.statements[i])
			}
		case !b.inList && len(b.path) < 2:
			for i := range b.statements {
				s := &b.statements[i]
				if path := append(b.path[:len(b.path):len(b.path)], s.path...); len(path) == 2 && path[0] == "lists" {
					s.value = "{ row = " + s.value + " }"
				}
			}
		}
	}
}

func enabledOf(s *statement) {
	if len(s.path) != 1 || s.path[0] != "disabled" {
		return
	}
	s.path, s.head = []string{"enabled"}, strings.Replace(s.head, "disabled", "enabled", 1)
	switch s.value {
	case "true":
		s.value = "false"
	case "false":
		s.value = "true"
	}
}
