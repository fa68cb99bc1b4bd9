package terminal

import (
	"strings"
	"testing"
	"time"

	"sockeye"
)

// A sparkline scales its bars to the largest value, and is flat where there is none.
func TestSparkline(t *testing.T) {
	if got := Sparkline([]float64{0, 1, 2, 4, 7}); got != "▁▂▃▅█" {
		t.Errorf("%s", got)
	}
	if got := Sparkline([]float64{0, 0}); got != "▁▁" {
		t.Errorf("nothing is %s", got)
	}
}

// What TCP does is shown with numbers, sentences and how they went, in both languages.
func TestTCPText(t *testing.T) {
	sample := func(inFlight uint32) sockeye.PeerStatus {
		return sockeye.PeerStatus{Peer: &sockeye.Peer{ID: 3, Network: "tcp"}, Unsent: int(inFlight), NotReadingFor: 3200 * time.Millisecond,
			TCP: &sockeye.TCPInfo{State: "ESTABLISHED", RTT: time.Millisecond, InFlight: inFlight, CongestionWindow: 10, SendMSS: 1448}}
	}
	samples := []sockeye.PeerStatus{sample(0), sample(700), sample(1400)}
	for lang, words := range map[sockeye.Lang][]string{
		sockeye.English: {"in flight", "1400 B", "▁▄█", "sent, and not acknowledged yet", "its window is 0 since 3.2s"},
		sockeye.Chinese: {"在途", "▁▄█", "对方没有读取：其窗口为 0"},
	} {
		a := &Terminal{Lang: lang}
		got := a.tcpText("#3", samples)
		for _, word := range words {
			if !strings.Contains(got, word) {
				t.Errorf("%s is not in\n%s", word, got)
			}
		}
		if line := a.limitLines(samples[2:]); !strings.HasPrefix(line, "#3: ") {
			t.Errorf("beside /peers: %q", line)
		}
	}
	if got := (&Terminal{}).tcpText("#3", nil); got != "" {
		t.Errorf("nobody there: %q", got)
	}
}
