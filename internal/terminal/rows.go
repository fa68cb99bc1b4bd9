package terminal

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// characterWait is how long a line whose last bytes begin a character waits for the
// read that goes on with it. The pieces of one message are closer together, also where a
// segment was lost and sent again (200 ms at least on Linux), or a board sends a byte in
// 33 ms (300 baud). The manual names it.
const characterWait = 250 * time.Millisecond

// textRows are the lines of a view that shows text.
type textRows struct {
	mu    sync.Mutex // guards what follows and the view's out: a timer writes when nothing comes
	lines payload.Rows[flow]
	timer *time.Timer // runs while a line waits
}

// flow is one way of one peer: each has its own text, which reads may cut
// anywhere.
type flow struct {
	peer *sockeye.Peer
	kind sockeye.EventKind
}

// showLine prints an event as a line, or lets it wait for the end of a character.
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

// showCharset says which charset --charset auto has chosen for one way of a peer.
func (v *View) showCharset(f flow, c payload.Charset) {
	text := v.term.T("--- what %s sends is shown as %s ---\n", "--- %s 发来的内容按 %s 显示 ---\n")
	if f.kind == sockeye.Sent {
		text = v.term.T("--- what is sent to %s is shown as %s ---\n", "--- 发给 %s 的内容按 %s 显示 ---\n")
	}
	v.rows.lines.Line(fmt.Appendf(nil, text, PeerName(f.peer), strings.ToUpper(string(c)))) // an error comes with the line
}

// waitLocked has lines that wait looked at again then.
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

// settleDue is called by the timer.
func (v *View) settleDue() {
	r := &v.rows
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer == nil {
		return // it had run out when it was stopped
	}
	r.timer = nil
	v.waitLocked(r.lines.Settle(time.Now()))
	v.out.Flush()
}

// settle shows what waits for the end of a character as it is.
func (v *View) settle() {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	v.rows.lines.SettleAll()
	v.waitLocked(time.Time{})
}

// write prints what is no line of an event.
func (v *View) write(b []byte) error {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	_, err := v.out.Write(b)
	return err
}

// Flush brings to the reader what does not wait.
func (v *View) Flush() error {
	v.rows.mu.Lock()
	defer v.rows.mu.Unlock()
	return v.out.Flush()
}

// End brings everything to the reader: nothing more comes.
func (v *View) End() error {
	v.settle()
	return v.Flush()
}
