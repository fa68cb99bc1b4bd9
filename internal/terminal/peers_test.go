package terminal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// A peer that is half-open, or does not read, is shown so, in both languages.
func TestPeerTrouble(t *testing.T) {
	for lang, want := range map[sockeye.Lang]string{
		sockeye.English: " (half-open), not reading: window 5 for 12 s, 292.7 KiB queued",
		sockeye.Chinese: "（半开），对方未读取：窗口为 5 已 12 秒，292.7 KiB 排队中",
	} {
		a := &Terminal{Lang: lang}
		if got := a.PeerTrouble(true, 12_040*time.Millisecond, 5, 299_700); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := a.PeerTrouble(false, 0, 5, 10); got != "" {
			t.Errorf("%q of a peer that is well", got)
		}
	}
	cells := (&Terminal{Lang: sockeye.English}).peerRow(sockeye.PeerStatus{
		Peer: &sockeye.Peer{ID: 1, Network: "tcp"}, State: sockeye.Connected, Unsent: 2000, TCP: &sockeye.TCPInfo{Retransmits: 3}})
	if row := fmt.Sprint(cells); !strings.Contains(row, "2.0 KiB 3 0s") {
		t.Errorf("unacknowledged and resent are not in %s", row)
	}
}
