package terminal

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"sockeye"
)

// Events of no session, and gaps of one, are shown as what they are.
func TestViewShowsRecordingTrouble(t *testing.T) {
	s := &sockeye.Session{ID: "s1"}
	full := &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "record", Target: "/data/x.pcapng",
		Message: sockeye.Text{En: "the disk is full", Zh: "磁盘已满"}, Hint: sockeye.Text{En: "free some space", Zh: "请腾出空间"},
	}
	for name, c := range map[string]struct {
		lang sockeye.Lang
		e    sockeye.Event
		want string
	}{
		"an error of recording": {sockeye.English, sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: full}},
			"! record /data/x.pcapng: the disk is full — free some space\n"},
		"in Chinese": {sockeye.Chinese, sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: full}},
			"! 记录 /data/x.pcapng：磁盘已满——请腾出空间\n"},
		"dropped datagrams": {sockeye.English, sockeye.Event{Kind: sockeye.Gap, Session: s, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 3, Bytes: 40}}},
			"! 3 datagrams with 40 bytes were dropped: the disk is slower than they came\n"},
		"a slow view": {sockeye.English, sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 3, Bytes: 40}}},
			"! 3 events with 40 bytes are not shown: this view was too slow\n"},
	} {
		v := (&Terminal{Lang: c.lang}).NewView(Lines, io.Discard, io.Discard, false)
		c.e.Time = time.Now()
		if got := string(v.AppendLine(nil, c.e)); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A session that tries again and again says once what to do, and again when it fails
// otherwise or was connected between.
func TestViewSaysHintsOnce(t *testing.T) {
	s := &sockeye.Session{ID: "s1"}
	v := (&Terminal{}).NewView(Lines, io.Discard, io.Discard, false)
	v.MarkOpened(s)
	failed := func(kind sockeye.ErrorKind) sockeye.Event {
		return sockeye.Event{Kind: sockeye.Failed, Session: s, Time: time.Now(), Detail: &sockeye.Detail{Retry: time.Second,
			Err: &sockeye.Error{Kind: kind, Op: "connect", Hint: sockeye.Text{En: "what to do"}}}}
	}
	joined := sockeye.Event{Kind: sockeye.Joined, Session: s, Peer: &sockeye.Peer{ID: 1, Network: "tcp"}, Time: time.Now()}
	var got []bool
	for _, e := range []sockeye.Event{failed(sockeye.Refused), failed(sockeye.Refused), failed(sockeye.TimedOut), failed(sockeye.TimedOut), joined, failed(sockeye.TimedOut)} {
		line := string(v.AppendLine(nil, e))
		got = append(got, strings.Contains(line, "what to do"))
		if e.Kind == sockeye.Failed && !strings.Contains(line, "next try in 1s") {
			t.Errorf("%q", line)
		}
	}
	if want := []bool{true, false, true, false, false, true}; !slices.Equal(got, want) {
		t.Errorf("hints %v, want %v", got, want)
	}
}

// Whatever comes from outside, one event is one line (and in hex its dump) of
// characters that cannot drive a terminal (T26, T27).
func FuzzView(f *testing.F) {
	f.Add([]byte("\x1b]0;owned\x07\r\n"), "kitchen", "no \x1b[2J such\u202e host\n")
	f.Add([]byte("\x9b2J\u009d0;x\u009c\xe4\xbd"), "\x1b[31mred", "")
	f.Add([]byte{}, "", "\x00\xff")
	f.Fuzz(func(t *testing.T, data []byte, alias, text string) {
		peer := &sockeye.Peer{ID: 1, Network: "udp", Session: &sockeye.Session{ID: "s1"}}
		peer.SetAlias(alias)
		failure := &sockeye.Error{Kind: sockeye.System, Op: "send", Target: text, Message: sockeye.Text{En: text, Zh: text}, Hint: sockeye.Text{En: text}}
		for _, form := range []OutputFormat{Lines, HexLines} {
			v := (&Terminal{}).NewView(form, io.Discard, io.Discard, false)
			for _, e := range []sockeye.Event{
				{Kind: sockeye.Received, Data: data, Peer: peer}, {Kind: sockeye.Sent, Data: data, Peer: peer},
				{Kind: sockeye.Failed, Peer: peer, Detail: &sockeye.Detail{Err: failure}}, {Kind: sockeye.Left, Peer: peer, Detail: &sockeye.Detail{Reason: sockeye.ReasonError, Err: failure}},
			} {
				got := string(v.AppendLine(nil, e))
				want := 1
				if form == HexLines && (e.Kind == sockeye.Received || e.Kind == sockeye.Sent) {
					want += (len(data) + 15) / 16
				}
				if n := strings.Count(got, "\n"); n != want || !strings.HasSuffix(got, "\n") {
					t.Errorf("%d lines, want %d: %q", n, want, got)
				}
				if bad := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && r != '\u3000' && !unicode.IsPrint(r) }); bad >= 0 || !utf8.ValidString(got) {
					t.Errorf("not printable at %d: %q", bad, got)
				}
			}
		}
	})
}
