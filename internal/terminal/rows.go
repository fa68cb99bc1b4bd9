package terminal

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// characterWait is how long a line that ends within a character waits for the read with the rest of
// it. The pieces of one message come closer together than that, even if a segment was lost and sent
// again (after at least 200 ms on Linux), or a board sends one byte in 33 ms (300 baud). The manual
// names this time.
const characterWait = 250 * time.Millisecond

// textRows holds the lines of a view that shows text until they are complete.
type textRows struct {
	mu    sync.Mutex // guards what follows and the view's out: a timer writes when nothing comes
	lines payload.Rows[flow]
	timer *time.Timer // runs while a line waits
}

// flow is one direction of one peer. Each has its own text, which reads may split anywhere.
type flow struct {
	peer *sockeye.Peer
	kind sockeye.EventKind
}

// showLine prints an event as a line, or keeps the line until the rest of its last character comes.
func (v *View) showLine(e sockeye.Event) error {
	r := &v.rows
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if data := e.Kind == sockeye.Received || e.Kind == sockeye.Sent; data && v.Format == Lines {
		r.lines.Charset, r.lines.Chose = v.Charset, v.showCharset
		d := flow{e.Peer, e.Kind}
		v.buf, err = r.lines.Piece(d, v.appendHead(v.buf[:0], e), e.Data, v.appendAfterText(nil, e), e.Peer.Network.Traits().Bounded())
	} else {
		if e.Kind == sockeye.Left {
			r.lines.End(flow{e.Peer, sockeye.Received})
			r.lines.End(flow{e.Peer, sockeye.Sent})
		}
		v.buf = v.AppendLine(v.buf[:0], e)
		err = r.lines.Line(v.buf)
	}
	v.waitLocked(r.lines.Settle(time.Now()))
	return err
}

// showCharset prints which charset --charset auto has chosen for one direction of a peer.
func (v *View) showCharset(f flow, c payload.Charset) {
	text := v.term.T("--- what %s sends is shown as %s ---\n", "--- %s 发来的内容按 %s 显示 ---\n")
	if f.kind == sockeye.Sent {
		text = v.term.T("--- what is sent to %s is shown as %s ---\n", "--- 发给 %s 的内容按 %s 显示 ---\n")
	}
	v.rows.lines.Line(fmt.Appendf(nil, text, PeerName(f.peer), strings.ToUpper(string(c)))) // an error of writing is reported with the line
}

// waitLocked sets the timer for the lines that wait until a time. The caller holds mu.
func (v *View) waitLocked(until time.Time) {
	r := &v.rows
	switch {
	case until.IsZero() && r.timer != nil:
		r.timer.Stop()
		r.timer = nil
	case !until.IsZero() && r.timer == nil:
		r.timer = time.AfterFunc(time.Until(until), v.settleDue)
	}
}

// settleDue prints the lines that have waited long enough. The timer calls it.
func (v *View) settleDue() {
	r := &v.rows
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer == nil {
		return // the timer was stopped too late
	}
	r.timer = nil
	v.waitLocked(r.lines.Settle(time.Now()))
	v.out.Flush()
}

// settle prints the lines that wait, with the bytes of their unfinished characters as escapes.
func (v *View) settle() {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	v.rows.lines.SettleAll()
	v.waitLocked(time.Time{})
}

// write prints a line that belongs to no event.
func (v *View) write(b []byte) error {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	_, err := v.out.Write(b)
	return err
}

// Flush writes out the lines that do not wait for the rest of a character.
func (v *View) Flush() error {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	return v.out.Flush()
}

// End writes out all lines. No event may follow.
func (v *View) End() error {
	v.settle()
	return v.Flush()
}
