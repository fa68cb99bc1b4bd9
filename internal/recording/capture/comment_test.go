package capture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

// commented is a capture on whose packets, by number, editcap has written comments.
func commented(t *testing.T, file []byte, comments ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("editcap")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs editcap: ", err)
		}
		t.Skip("needs editcap: ", err)
	}
	from, to := filepath.Join(t.TempDir(), "from.pcapng"), filepath.Join(t.TempDir(), "to.pcapng")
	if err := os.WriteFile(from, file, 0o600); err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, c := range comments {
		args = append(args, "-a", c)
	}
	if out, err := exec.CommandContext(t.Context(), program, append(args, from, to)...).CombinedOutput(); err != nil {
		t.Fatalf("editcap: %v\n%s", err, out)
	}
	out, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// commentsOf are the events that have comments, and what is told of those that none has.
func commentsOf(t *testing.T, file []byte) (on, lost []string) {
	t.Helper()
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{Lost: func(d pcapng.Damage) {
		if strings.Contains(d.What.En, "comment") {
			lost = append(lost, d.What.En)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for {
		e, err := d.Next()
		if err != nil {
			return on, lost
		}
		if e.Detail != nil && e.Detail.Comment != nil {
			if e.Detail.Comment.Event != 0 {
				t.Errorf("the comment of event %d names event %d", e.Seq, e.Detail.Comment.Event)
			}
			on = append(on, strings.TrimSpace(e.Kind.String()+" "+string(e.Data))+": "+e.Detail.Comment.Text)
		}
	}
}

// A comment on a packet is on the event that its bytes are in, escaped and of bounded length,
// and reported where there is no such event.
func TestCommentsOfPackets(t *testing.T) {
	c, s := flows(t)
	packets := exchange(c, s, 99, 499, "question", "answer")
	late := append(handshake(c, s, 99, 499), c.segment("A", 106, 500, "second"), c.segment("A", 100, 500, "first "))
	for name, test := range map[string]struct {
		packets  []built
		comments []string
		on, lost []string
	}{
		"messages":          {packets, []string{"4:what it asks", "5:why so late?"}, []string{"received question: what it asks", "sent answer: why so late?"}, nil},
		"beginning and end": {packets, []string{"1:SYN", "6:FIN"}, []string{"joined: SYN", "finished: FIN"}, nil},
		"no message":        {packets, []string{"3:an ACK"}, nil, []string{"packet 3: a comment is on no message, so it is only shown here: an ACK"}},
		"out of order":      {late, []string{"4:waited", "5:came late"}, []string{"received first: came late", "received second: waited"}, nil},
		"sent again": {append(slices.Clone(packets[:4]), c.segment("A", 100, 500, "question")), []string{"5:again"}, nil,
			[]string{"packet 5: a comment is on no message, so it is only shown here: again"}},
		"datagram": {[]built{raw(udpPacket(t, client4, server4, "ping"))}, []string{"1:一条注释"}, []string{"received ping: 一条注释"}, nil},
		"hostile":  {[]built{raw(udpPacket(t, client4, server4, "ping"))}, []string{"1:a\x1b[31m\nb\u202e"}, []string{"received ping: a\ufffd[31m b\ufffd"}, nil},
		"long": {[]built{raw(udpPacket(t, client4, server4, "ping"))}, []string{"1:" + strings.Repeat("长", 600)},
			[]string{"received ping: " + strings.Repeat("长", sockeye.MaxComment-1) + "…"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			on, lost := commentsOf(t, commented(t, pcapngOf(t, test.packets...), test.comments...))
			if diff := cmp.Diff([][]string{test.on, test.lost}, [][]string{on, lost}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
