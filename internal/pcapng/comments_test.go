package pcapng

import (
	"testing"

	"sockeye"
)

// What never reached a peer that left is told in the terminal's words; of a failed send,
// what was not sent.
func TestUnsentComment(t *testing.T) {
	for _, c := range []struct {
		ev   sockeye.Event
		lang sockeye.Lang
		want string
	}{
		{sockeye.Event{Kind: sockeye.Left, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF, Unsent: 11}}, sockeye.English, "left: the peer closed the connection; 11 bytes never reached it"},
		{sockeye.Event{Kind: sockeye.Left, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF, Unsent: 1}}, sockeye.English, "left: the peer closed the connection; 1 byte never reached it"},
		{sockeye.Event{Kind: sockeye.Left, Detail: &sockeye.Detail{Reason: sockeye.ReasonEOF, Unsent: 11}}, sockeye.Chinese, "已离开：对方关闭了连接；11 字节未送达"},
		{sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Unsent: 11}}, sockeye.English, "11 bytes were not sent"},
	} {
		if got := eventComment(&c.ev, c.lang); got != c.want {
			t.Errorf("%v: %q, want %q", c.ev.Kind, got, c.want)
		}
	}
}
