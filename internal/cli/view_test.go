package cli

import (
	"io"
	"strings"
	"testing"
	"time"

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
		v := (&app{lang: c.lang}).newView(lines, io.Discard, io.Discard, false)
		c.e.Time = time.Now()
		if got := string(v.appendLine(nil, c.e)); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
