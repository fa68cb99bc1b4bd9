package sockeye

import (
	"strings"
	"testing"
)

// Every kind of fault event says in both languages what was done, and leaves nothing to be
// filled in.
func TestFaultEventText(t *testing.T) {
	for kind := range faultSentences {
		e := FaultEvent{Kind: kind, Fault: "the fault", Offset: 7, Bytes: 12, DelayMS: 100.25, Piece: 3, Kept: 5, Count: 20, Bits: []int{0, 15}, Held: 4}
		text := e.Text()
		if strings.ContainsAny(text.En+text.Zh, "{}") || !strings.HasSuffix(text.En, ": the fault") || !strings.HasSuffix(text.Zh, "：the fault") {
			t.Errorf("%s: %+v", kind, text)
		}
	}
	e := FaultEvent{Kind: "corrupt", Bytes: 1, Count: 3, Bits: []int{0, 15}}
	if got, want := e.Text().En, "1 byte: flipped bit 7 of byte 0, bit 0 of byte 1, 1 more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
