package cli

import (
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// tailFlow is one direction of one peer.
type tailFlow struct {
	peer      uint64
	direction string
}

// showFrames shows the frames of an event that are wanted and were not shown yet.
func (t *tail) showFrames(l *api.EventLine, e sockeye.Event, wants func(*api.Frame) bool) {
	for i := range l.Frames {
		f := &l.Frames[i]
		w := tailFlow{max(l.PeerID, f.PeerID), f.Direction}
		if !wants(f) || f.Offset < t.shown[w] {
			continue
		}
		delete(t.shown, w)
		fr := t.decoder.Frame(e, f)
		t.view.ShowFrame(&fr.PeerFrame)
	}
	if l.FramesLeftOut > 0 {
		t.view.ShowNotice(fmt.Sprintf(t.app.t("%d more frames end here", "此处还有 %d 帧"), l.FramesLeftOut))
	}
}

// showOpen shows what no event has ended but a pause has, or all of it.
func (t *tail) showOpen(c *api.Cut, all bool) error {
	t.due = nil
	if c == nil {
		return nil
	}
	for i := range c.Open {
		l := &c.Open[i]
		t.showFrames(l, t.decoder.Event(t.app.Ctx, l), func(f *api.Frame) bool {
			return all || f.IsWhole()
		})
		for _, f := range l.Frames {
			if f.IsWhole() {
				t.shown[tailFlow{l.PeerID, f.Direction}] = f.Offset + uint64(f.Bytes)
			}
		}
	}
	if c.DueMS > 0 {
		t.due = time.After(time.Duration(c.DueMS*float64(time.Millisecond)) + time.Millisecond)
	}
	if t.view.FrameErr != nil {
		return terminal.OutputError(t.view.FrameErr)
	}
	return nil
}
