package terminal

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A byte is never shown in the line of another message, and a line that may go on
// does not wait for long.
func TestViewKeepsBytesInTheirLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		v := (&Terminal{}).NewView(Lines, &out, io.Discard, false)
		peer := &sockeye.Peer{ID: 1, Network: "tcp", Session: &sockeye.Session{ID: "s1"}}
		show := func(kind sockeye.EventKind, data string) {
			if err := v.Show(sockeye.Event{Kind: kind, Peer: peer, Data: []byte(data), Time: time.Now(), Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF}}); err != nil {
				t.Fatal(err)
			}
			v.Flush()
		}
		frame := "\x01\x03\x00\x00\x00\x0a\xc5\xcd"
		show(sockeye.Received, frame)
		show(sockeye.Received, frame)
		time.Sleep(2 * characterWait)
		synctest.Wait()
		show(sockeye.Received, "你\xe5")
		show(sockeye.Sent, "\xe5")
		show(sockeye.Received, "\xa5\xbd")
		show(sockeye.Left, "")
		v.End()
		var got []string
		for line := range strings.Lines(out.String()) {
			_, text, _ := strings.Cut(line, "  ")
			_, text, _ = strings.Cut(text, "  ")
			got = append(got, strings.TrimSpace(text))
		}
		want := []string{`\x01\x03\x00\x00\x00\n\xc5\xcd`, `\x01\x03\x00\x00\x00\n\xc5\xcd`, "你", `\xe5`, "好", "left: the peer closed (FIN)"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
