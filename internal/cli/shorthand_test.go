package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A command line without a command is ncat's; a misspelt command stays one.
func TestWithCommand(t *testing.T) {
	a := &app{Streams: Streams{Env: func(string) string { return "" }}}
	for line, want := range map[string]string{
		"-l 9000":                    "listen -l 9000",
		"-lk 9000":                   "listen -lk 9000",
		"-klu 127.0.0.1 9000":        "listen -klu 127.0.0.1 9000",
		"-l -p 9000":                 "listen -l -p 9000",
		"--lang zh -l 9000":          "listen --lang zh -l 9000",
		"192.168.1.88 9000":          "connect 192.168.1.88 9000",
		"192.168.1.88:9000":          "connect 192.168.1.88:9000",
		"board 9000":                 "connect board 9000",
		"udp://board:9000":           "connect udp://board:9000",
		"-u board":                   "connect -u board",
		"-w 3 -z board 9000":         "connect -w 3 -z board 9000",
		"board 9000 --send hi":       "connect board 9000 --send hi",
		"--lang zh 192.168.1.88 80":  "connect --lang zh 192.168.1.88 80",
		"__complete -l -":            "__complete listen -l -",
		"__complete 10.0.0.1 80 --s": "__complete connect 10.0.0.1 80 --s",
	} {
		if got := strings.Join(a.withCommand(strings.Fields(line)), " "); got != want {
			t.Errorf("%s is %s, want %s", line, got, want)
		}
	}
	for _, same := range []string{"", "listen 9000", "--lang zh listen", "lisen 9000", "doktor", "doktor --help", "board", "--version", "-h", "-v", "--no-such",
		"help listen", "__complete lis", "adrs :1", "log show x"} {
		if got := strings.Join(a.withCommand(strings.Fields(same)), " "); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
}

func TestSplitCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"/bin/cat":                    {"/bin/cat"},
		"  sed -u  s/a/b/ ":           {"sed", "-u", "s/a/b/"},
		`echo 'a b' "c d" e\ f`:       {"echo", "a b", "c d", "e f"},
		`echo "" 'it'"'"'s' "a \" b"`: {"echo", "", "it's", `a " b`},
		"echo $HOME; rm -rf *":        {"echo", "$HOME;", "rm", "-rf", "*"},
	} {
		got, err := splitCommand(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for _, wrong := range []string{"", "  ", "echo 'a", `echo "a`, `echo a\`} {
		if got, err := splitCommand(wrong); err == nil {
			t.Errorf("%q is %q", wrong, got)
		}
	}
}

// Lines leave whole, one delay apart, however they came.
func TestDelayedLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type sent struct {
			after time.Duration
			line  string
		}
		var got []sent
		began := time.Now()
		d := &delayedLines{ctx: t.Context(), delay: time.Second, send: func(b []byte) error {
			got = append(got, sent{time.Since(began), string(b)})
			return nil
		}}
		for _, chunk := range []string{"one\ntw", "o\nthr", "ee"} {
			if err := d.add([]byte(chunk)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.flush(); err != nil {
			t.Fatal(err)
		}
		want := []sent{{0, "one\n"}, {time.Second, "two\n"}, {2 * time.Second, "three"}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sent{})); diff != "" {
			t.Error(diff)
		}
	})
}
