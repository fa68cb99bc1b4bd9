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

func TestEventWordFill(t *testing.T) {
	left := sockeye.WordLeft.Fill("reason", sockeye.ReasonEOF.Text())
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
		if r.Text().IsZero() {
			t.Errorf("%s has no words", r)
		}
	}
	if got := sockeye.Reason("unheard").Text(); !got.IsZero() {
		t.Errorf("got %+v", got)
	}
}
