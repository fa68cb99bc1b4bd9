package sockeye_test

import (
	"strings"
	"testing"
	"time"

	"sockeye"
)

// What limits a connection is told by what was measured on staged faults.
func TestTCPLimit(t *testing.T) {
	for name, c := range map[string]struct {
		st    sockeye.PeerStatus
		want  sockeye.TCPLimit
		words string
	}{
		"not told":             {sockeye.PeerStatus{}, sockeye.LimitUnknown, ""},
		"idle":                 {sockeye.PeerStatus{TCP: &sockeye.TCPInfo{SendWindow: 65535, SendMSS: 1448}}, sockeye.LimitApplication, "this program sets the pace"},
		"not reading":          {sockeye.PeerStatus{NotReadingFor: 3200 * time.Millisecond, Unsent: 9, TCP: &sockeye.TCPInfo{}}, sockeye.LimitPeerWindow, "its window is 0 since 3.2s"},
		"dead way":             {sockeye.PeerStatus{Unsent: 5, TCP: &sockeye.TCPInfo{Backoff: 3, SendWindow: 65535, Unacked: 1}}, sockeye.LimitNetwork, "sent again 3 times in a row"},
		"loss":                 {sockeye.PeerStatus{Unsent: 5, TCP: &sockeye.TCPInfo{Retransmits: 52, SegmentsSent: 1000, SendWindow: 65535}}, sockeye.LimitNetwork, "5.2 %"},
		"loss before":          {sockeye.PeerStatus{TCP: &sockeye.TCPInfo{Retransmits: 106, SegmentsSent: 1000, SendWindow: 65535}}, sockeye.LimitApplication, "so far 10.6 %"},
		"loss, queue not told": {sockeye.PeerStatus{Unsent: -1, TCP: &sockeye.TCPInfo{Retransmits: 106, SegmentsSent: 1000, SendWindow: 65535}}, sockeye.LimitNetwork, "10.6 %"},
		"slow before":          {sockeye.PeerStatus{TCP: &sockeye.TCPInfo{Busy: 10 * time.Second, PeerLimited: 9 * time.Second}}, sockeye.LimitApplication, "this program sets the pace"},
		"slow reader":          {sockeye.PeerStatus{Unsent: 5, TCP: &sockeye.TCPInfo{Busy: 10 * time.Second, PeerLimited: 9 * time.Second}}, sockeye.LimitPeerWindow, "9s of 10s"},
		"full network":         {sockeye.PeerStatus{Unsent: 50000, TCP: &sockeye.TCPInfo{NotSent: 30000, Unacked: 10, CongestionWindow: 10, SendWindow: 65535, SendMSS: 1448}}, sockeye.LimitNetwork, "10 segments"},
	} {
		limit, text := c.st.Limit()
		if limit != c.want || !strings.Contains(text.En, c.words) || (text.En == "") != (text.Zh == "") {
			t.Errorf("%s: %q, %q %q", name, limit, text.En, text.Zh)
		}
	}
}

// Each number that was told has a name and a sentence in both languages.
func TestTCPRows(t *testing.T) {
	rows := (&sockeye.TCPInfo{State: "ESTABLISHED", RTT: time.Millisecond, MinRTT: time.Millisecond, CongestionWindow: 10, SendMSS: 1448, SendWindow: 1, ReceiveWindow: 1, DeliveryRate: 5000, PacingRate: 5000}).Rows(7)
	if len(rows) != 11 {
		t.Errorf("%d rows", len(rows))
	}
	for _, r := range rows {
		if r.Name.En == "" || r.Name.Zh == "" || r.Value == "" || r.Meaning.En == "" || r.Meaning.Zh == "" {
			t.Errorf("%+v", r)
		}
	}
	if rows := (&sockeye.TCPInfo{}).Rows(-1); len(rows) != 2 {
		t.Errorf("nothing was told: %+v", rows)
	}
}
