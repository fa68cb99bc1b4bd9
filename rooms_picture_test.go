package sockeye_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "draw the rooms in docs/architecture.md anew")

// TestPictureOfTheRooms holds the drawing in docs/architecture.md against the table of
// edges; go test -run PictureOfTheRooms -update . draws it.
func TestPictureOfTheRooms(t *testing.T) {
	const page, begin, end = "docs/architecture.md", "```mermaid\n", "```\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	drawn, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatalf("%s has no drawing", page)
	}
	want := pictureOfTheRooms()
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, drawn); diff != "" {
		t.Errorf("%s shows other rooms than rooms_test.go has (-want +got): draw it with go test -run PictureOfTheRooms -update .\n%s", page, diff)
	}
}

// pictureOfTheRooms has each room, level by level, and the arrows that no longer way
// through other rooms stands for.
func pictureOfTheRooms() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	for _, level := range levels {
		for _, room := range level {
			fmt.Fprintf(&b, "  %s[\"%s\"]\n", nodeOf(room), strings.TrimPrefix(titleOf(room), "internal/"))
		}
	}
	for _, level := range levels {
		for _, room := range level {
			var to []string
			for _, d := range edges {
				if d.from == room && !isReachedThroughOthers(room, d.to) {
					to = append(to, nodeOf(d.to))
				}
			}
			if len(to) > 0 {
				slices.Sort(to)
				fmt.Fprintf(&b, "  %s --> %s\n", nodeOf(room), strings.Join(to, " & "))
			}
		}
	}
	return b.String()
}

// isReachedThroughOthers says whether a room leads to another through a third.
func isReachedThroughOthers(from, to string) bool {
	return slices.ContainsFunc(edges, func(d struct{ from, to, why string }) bool {
		return d.from == from && d.to != to && leadsTo(d.to, to)
	})
}

func leadsTo(from, to string) bool {
	return slices.ContainsFunc(edges, func(d struct{ from, to, why string }) bool {
		return d.from == from && (d.to == to || leadsTo(d.to, to))
	})
}

func titleOf(room string) string {
	if room == "." {
		return "sockeye"
	}
	return room
}

func nodeOf(room string) string { return strings.ReplaceAll(path.Clean(titleOf(room)), "/", "_") }
