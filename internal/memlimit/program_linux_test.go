package memlimit

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const smaps = `00400000-00f60000 r-xp 00000000 fe:00 1  /usr/bin/sockeye
Rss:                9020 kB
Anonymous:             0 kB
00f60000-01b68000 r--p 00b60000 fe:00 1  /usr/bin/sockeye
Anonymous:             0 kB
01b68000-01c00000 r--p 01768000 fe:00 1  /usr/bin/sockeye
Anonymous:             8 kB
01c00000-01cd5000 rw-p 01800000 fe:00 1  /usr/bin/sockeye
Anonymous:             0 kB
7f0000000000-7f0000001000 r-xp 00000000 fe:00 2  /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000002000-7f0000003000 rw-p 00000000 00:00 0
Anonymous:             4 kB
`

// Only what is the file's is given back: no writable page, and none that was changed.
func TestProgramMappings(t *testing.T) {
	got := programMappings(strings.NewReader(smaps), "/usr/bin/sockeye")
	want := []mapping{{0x400000, 0xf60000}, {0xf60000, 0x1b68000}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mapping{})); diff != "" {
		t.Error(diff)
	}
}

// The program's own pages are fewer afterwards, and it goes on.
func TestReleaseProgram(t *testing.T) {
	before := filePages(t)
	ReleaseProgram()
	if after := filePages(t); after >= before {
		t.Errorf("%d KiB of files are in memory, %d before", after, before)
	}
}

func filePages(t *testing.T) int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if words := strings.Fields(in.Text()); words[0] == "RssFile:" {
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no RssFile")
	return 0
}
