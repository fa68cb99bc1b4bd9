package tutorial

import (
	"bytes"
	"os"
	"regexp"
	"runtime"
	"testing"

	"sockeye"
	"sockeye/internal/terminal"
)

// Where a network of its own is allowed segments are lost and sent again; everywhere a relay
// with a blackhole shows that acknowledged is not delivered.
func TestDemoLoss(t *testing.T) {
	for _, lang := range []sockeye.Lang{sockeye.English, sockeye.Chinese} {
		var out bytes.Buffer
		d := &tcpDemo{tutorialCommands: &tutorialCommands{Terminal: &terminal.Terminal{Streams: terminal.Streams{Out: &out, Err: &out}, Ctx: t.Context(), Lang: lang}}}
		if err := d.blackhole(); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`nothing in 500 ms|500 ms 内没有收到`).MatchString(out.String()) {
			t.Errorf("the blackhole says\n%s", out.String())
		}
		out.Reset()
		if err := d.retransmission(); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "linux" && os.Getuid() == 0 && !regexp.MustCompile(`(sent again|重传) [1-9]\d*, `).MatchString(out.String()) {
			t.Errorf("the lossy network says\n%s", out.String())
		}
		d.close()
	}
}
