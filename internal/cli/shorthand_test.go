package cli

import (
	"strings"
	"testing"

	"sockeye/internal/terminal"
)

// A command line without a command is ncat's; a misspelt command stays one.
func TestWithCommand(t *testing.T) {
	a := &app{Terminal: &terminal.Terminal{Streams: terminal.Streams{Env: func(string) string { return "" }}}}
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
		"-c":                         "connect -c",
		"-v":                         "connect -v",
		"--lang zh -w":               "connect --lang zh -w",
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
	for _, same := range []string{"", "listen 9000", "--lang zh listen", "lisen 9000", "doktor", "doktor --help", "board", "--version", "-h", "--no-such", "--lang",
		"help listen", "__complete lis", "adrs :1", "log show x"} {
		if got := strings.Join(a.withCommand(strings.Fields(same)), " "); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
}
