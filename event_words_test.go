package sockeye_test

import (
	"regexp"
	"slices"
	"testing"

	"sockeye"
)

// Every sentence about events has a name of its own, both languages, and fills in the
// same in both.
func TestEventSentences(t *testing.T) {
	braces := regexp.MustCompile(`\{\w+\}`)
	seen := map[sockeye.EventWord]bool{}
	for _, s := range sockeye.EventSentences() {
		if seen[s.Word] || s.En == "" || s.Zh == "" {
			t.Errorf("%s: %+v", s.Word, s)
		}
		seen[s.Word] = true
		en, zh := braces.FindAllString(s.En, -1), braces.FindAllString(s.Zh, -1)
		slices.Sort(en)
		slices.Sort(zh)
		if !slices.Equal(en, zh) {
			t.Errorf("%s fills in %v and %v", s.Word, en, zh)
		}
	}
}

// What is filled in to the words of an event is not filled in again, and every reason has
// words.
func TestEventWordFill(t *testing.T) {
	left := sockeye.WordLeft.Fill("reason", sockeye.ReasonEOF.On(sockeye.TCP))
	if want := (sockeye.Text{En: "left: the peer closed (FIN)", Zh: "已断开：对方关闭（FIN）"}); left != want {
		t.Errorf("got %+v", left)
	}
	if got := sockeye.NeverReached(1).En; got != "1 byte never reached it" {
		t.Errorf("got %q", got)
	}
	// What is filled in is not filled in again.
	if got := sockeye.WordConnectedTo.Fill("address", "{local}", "local", "x").En; got != "connected to {local} from x" {
		t.Errorf("got %q", got)
	}
	for _, r := range []sockeye.Reason{sockeye.ReasonEOF, sockeye.ReasonReset, sockeye.ReasonTimeout, sockeye.ReasonLocal, sockeye.ReasonAborted, sockeye.ReasonIdle, sockeye.ReasonLimit, sockeye.ReasonError} {
		if r.On(sockeye.TCP).IsZero() {
			t.Errorf("%s has no words", r)
		}
	}
	if got := sockeye.Reason("unheard").On(sockeye.TCP); !got.IsZero() {
		t.Errorf("got %+v", got)
	}
}

// Nobody sends a FIN or an RST over a Unix socket, or closes UDP there.
func TestUnixSocketsHaveNoSegments(t *testing.T) {
	segments := regexp.MustCompile(`FIN|RST|UDP`)
	for _, s := range sockeye.EventSentences() {
		said := s.Word.On(sockeye.Unix).Fill()
		if s.Word.On(sockeye.Unix) == s.Word && segments.MatchString(said.En) && regexp.MustCompile(`^(event|reason|udpClosed)`).MatchString(string(s.Word)) {
			t.Errorf("%s says %q of a Unix socket", s.Word, said.En)
		}
		if s.Word.On(sockeye.UDP) != s.Word {
			t.Errorf("%s has other words for UDP", s.Word)
		}
	}
	if got := sockeye.ReasonEOF.On(sockeye.Unix); got != (sockeye.Text{En: "the peer closed", Zh: "对方关闭"}) {
		t.Errorf("got %+v", got)
	}
}

// A gap of a stream is bytes that no event held: "0 events with 5 bytes" says nothing.
func TestMissing(t *testing.T) {
	for l, want := range map[sockeye.Lost]string{
		{Events: 3, Bytes: 99}: "3 events with 99 bytes are missing here",
		{Events: 1, Bytes: 5}:  "1 event with 5 bytes is missing here",
		{Bytes: 868}:           "868 bytes are missing here",
	} {
		if got := l.Missing(); got.En != want || got.Zh == "" {
			t.Errorf("%+v: %q", l, got)
		}
	}
}
