package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
)

// OutputFormat is how a view shows events.
type OutputFormat int

const (
	Lines    OutputFormat = iota // one line per event: time, direction, peer, escaped text
	HexLines                     // the same with a hex dump under each message
	Raw                          // received bytes exactly, and notices on standard error
	JSONLines
	Quiet
)

// View is a reader of the journal that prints it. It belongs to one goroutine.
type View struct {
	term     *Terminal
	Format   OutputFormat
	out      *bufio.Writer
	notices  io.Writer // for raw
	verbose  bool      // for raw: notices also name peers that come and go
	endTells bool      // the command's own error says why a peer left
	colour   bool
	from     uint64             // the first event that is shown
	session  string             // the only session that is shown, or ""
	dump     *dumpWriter        // nil: none
	pace     *core.Backpressure // holds traffic back for this view; nil: nothing does
	Charset  payload.Charset
	Dated    bool // it shows a recording, so each line begins with the date

	Cut        *framing.Splitter             // frames are shown instead of chunks
	choice     *FrameChoice                  // how they are found; nil: chunks
	values     *valueColumns                 // nil: frames show their bytes
	decoding   *framing.Decoding             // nil: frames are not decoded
	WantsFrame func(*framing.PeerFrame) bool // nil: all
	FrameErr   error                         // of writing a frame
	shown      uint64                        // the last event that was read
	reframing  reframing

	opened map[*sockeye.Session]bool
	// lastFailure holds, for sessions that connect again, the error of their last try.
	lastFailure map[*sockeye.Session]sockeye.ErrorKind
	buf         []byte
	rows        textRows
}

// NewView makes a view that prints events to out, and errors and notices to notices.
func (a *Terminal) NewView(f OutputFormat, out, notices io.Writer, colour bool) *View {
	v := &View{
		term: a, Format: f, out: bufio.NewWriterSize(out, 64<<10), notices: notices, colour: colour,
		opened: map[*sockeye.Session]bool{}, lastFailure: map[*sockeye.Session]sockeye.ErrorKind{},
	}
	v.rows.lines = payload.Rows[flow]{Out: v.out, Wait: characterWait}
	return v
}

// run prints events until the journal has ended or writing fails.
func (v *View) run(c *journal.Cursor) (err error) {
	defer c.Close()
	defer func() {
		if closeErr := v.dump.close(); err == nil {
			err = closeErr
		}
	}()
	if v.Format == Quiet && v.pace == nil {
		c.Only(sockeye.Opened, sockeye.Failed)
	}
	defer v.End()
	for {
		e, ok := c.Try()
		if !ok {
			if e, err = v.await(c); errors.Is(err, io.EOF) {
				if err := v.End(); err != nil {
					return OutputError(err)
				}
				return nil
			} else if err != nil {
				return err
			}
		}
		if err := v.take(e); err != nil {
			return err
		}
	}
}

// await waits for the next event. Before it waits, it flushes what was printed. The error is io.EOF
// when the journal has ended.
func (v *View) await(c *journal.Cursor) (sockeye.Event, error) {
	for {
		if err := v.Flush(); err != nil {
			return sockeye.Event{}, OutputError(err)
		}
		if err := v.dump.flush(); err != nil {
			return sockeye.Event{}, err
		}
		e, err := v.next(c)
		if err == nil || errors.Is(err, io.EOF) {
			return e, err
		}
		if err := v.idle(); err != nil {
			return sockeye.Event{}, OutputError(err)
		}
	}
}

// take writes an event to the dump files, and prints it if the view shows it.
func (v *View) take(e sockeye.Event) error {
	v.shown = e.Seq
	if err := v.dump.add(e); err != nil {
		return err
	}
	v.noteOpened(e)
	if v.wants(e) {
		if err := v.Show(e); err != nil {
			return OutputError(err)
		}
	}
	if v.pace != nil {
		v.pace.Consumed(e.Seq)
	}
	return nil
}

// OutputError returns the error of writing to standard output.
func OutputError(err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "write", Target: "stdout", Err: err,
		Hint: sockeye.Text{En: "see where the output goes", Zh: "请检查输出的去处"}}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		e.Err = path.Err // the path would only be /dev/stdout
	}
	if errors.Is(err, syscall.ENOSPC) {
		e.Message = sockeye.Text{En: "the disk is full", Zh: "磁盘已满"}
		e.Hint = sockeye.Text{En: "make room, or send the output to another disk", Zh: "请清理空间，或把输出改到另一个磁盘"}
	}
	return e
}

// MarkOpened notes that a session was opened before the view's first event, so that its errors are
// shown as events instead of being taken for errors of the command.
func (v *View) MarkOpened(s *sockeye.Session) { v.opened[s] = true }

// ShowText prints a line about an event in the words of the caller, which must be safe
// for a terminal.
func (v *View) ShowText(e sockeye.Event, text []byte) error {
	v.buf = append(v.appendHead(v.buf[:0], e), text...)
	return v.write(append(v.buf, '\n'))
}

func (v *View) wants(e sockeye.Event) bool {
	return e.Seq >= v.from && (v.session == "" || e.Session == nil || e.Session.ID == v.session)
}

// Show prints one event, and below it the comment on it. It uses e.Data only during the call. The
// error is one of writing the output.
func (v *View) Show(e sockeye.Event) error {
	err := v.show(e)
	if err != nil || e.Detail == nil || e.Detail.Comment == nil || e.Kind == sockeye.Commented || v.Format != Lines && v.Format != HexLines {
		return err
	}
	return v.show(sockeye.Event{Seq: e.Seq, Time: e.Time, Kind: sockeye.Commented, Session: e.Session, Peer: e.Peer, Detail: &sockeye.Detail{Comment: e.Detail.Comment}})
}

func (v *View) show(e sockeye.Event) error {
	if v.Cut != nil && v.Format != Quiet && v.Format != Raw {
		v.Cut.Event(&e, v.ShowFrame)
		if v.FrameErr != nil || e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
			return v.FrameErr
		}
	}
	if e.Kind == sockeye.Sampled && v.Format != JSONLines {
		return nil // one comes each second while somebody looks; /tcp and log tcp show them
	}
	switch v.Format {
	case Quiet:
		return v.showTrouble(e)
	case Raw:
		return v.showRaw(e)
	case JSONLines:
		v.buf = append(e.AppendJSON(v.buf[:0], v.term.Lang), '\n')
	default:
		return v.showLine(e)
	}
	_, err := v.out.Write(v.buf)
	return err
}

// showTrouble prints errors that belong to no session, such as one of the recording, even where the
// format prints nothing.
func (v *View) showTrouble(e sockeye.Event) error {
	if e.Kind == sockeye.Failed && e.Session == nil && v.notices != nil {
		v.notices.Write(v.AppendLine(v.buf[:0], e))
	}
	return nil
}

func (v *View) showRaw(e sockeye.Event) error {
	if e.Kind == sockeye.Received {
		_, err := v.out.Write(e.Data)
		return err
	}
	noticed := v.verbose && e.Kind != sockeye.Sent
	switch e.Kind {
	case sockeye.Failed, sockeye.Gap:
		noticed = true
	case sockeye.Left:
		noticed = noticed || !v.endTells && (isFailure(e) || e.Detail != nil && e.Detail.Unsent > 0)
	case sockeye.Opened:
		noticed = noticed || e.Session.Endpoint.Mode == sockeye.Listen // the port may have been chosen by the system
	case sockeye.Hint:
		noticed = noticed || e.Detail.Seen == sockeye.SeenTLSAlert || e.Detail.Seen == sockeye.SeenTLS // the bytes are of no use to the reader
	}
	if noticed {
		v.notices.Write(v.AppendLine(v.buf[:0], e))
	}
	v.noteOpened(e)
	return nil
}

// isFailure reports whether a peer left because of a fault that a person can act on. A reset counts
// only if we connected to the peer, since some clients always close this way.
func isFailure(left sockeye.Event) bool {
	d := left.Detail
	return d != nil && d.Err != nil && (d.Reason != sockeye.ReasonReset || left.Session.Endpoint.Mode == sockeye.Connect)
}

// noteOpened notes that opening a session did not fail. One that connects has its socket
// before a handshake over it can fail, unless it is to connect later.
func (v *View) noteOpened(e sockeye.Event) {
	later := e.Kind == sockeye.Opened && (e.Session.Endpoint.Mode == sockeye.Listen || e.Detail == nil || len(e.Detail.Locals) == 0)
	if later || e.Kind == sockeye.Joined {
		v.opened[e.Session] = true
	}
}

// The marks of a line, one per kind of event; colour only repeats what they say.
var marks = map[sockeye.EventKind]struct{ mark, colour string }{
	sockeye.Opened: {"*", ""}, sockeye.Joined: {"+", "32"}, sockeye.Received: {"←", "36"}, sockeye.Sent: {"→", "35"},
	sockeye.Finished: {"-", "33"}, sockeye.Left: {"-", "33"}, sockeye.Failed: {"!", "31"}, sockeye.Gap: {"!", "31"}, sockeye.Ended: {"*", ""},
	sockeye.Lines: {"~", "33"}, sockeye.Paired: {"+", "32"}, sockeye.Control: {"~", "33"}, sockeye.Faulted: {"~", "35"}, sockeye.Hint: {"?", "33"}, sockeye.Sampled: {"~", ""}, sockeye.Commented: {"#", "33"},
}

// AppendLine appends one event as a line a person reads. What came from the
// network cannot drive the terminal: it is escaped.
func (v *View) AppendLine(dst []byte, e sockeye.Event) []byte {
	if e.Kind == sockeye.Failed && e.Peer == nil && e.Session != nil && !v.opened[e.Session] {
		return dst // the command itself fails with this error, and says so
	}
	dst = v.appendHead(dst, e)
	if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
		return v.appendData(dst, e)
	}
	what := v.term.describe(v.sayOnce(e))
	if e.Kind == sockeye.Left && !v.endTells {
		what += v.term.hintOfEnd(e.Detail)
	}
	if e.Kind == sockeye.Gap && v.Dated {
		what = e.Detail.Lost.Missing().In(v.term.Lang)
	}
	dst = append(dst, payload.SafeString(what)...)
	return append(dst, '\n')
}

// sayOnce removes the hint from a failed attempt to connect if the attempt before failed in the
// same way.
func (v *View) sayOnce(e sockeye.Event) sockeye.Event {
	switch {
	case e.Kind == sockeye.Joined:
		delete(v.lastFailure, e.Session)
	case e.Kind == sockeye.Failed && e.Detail != nil && e.Detail.Err != nil && e.Detail.Retry > 0:
		kind := e.Detail.Err.Kind
		if v.lastFailure[e.Session] != kind {
			v.lastFailure[e.Session] = kind
			return e
		}
		failure, d := *e.Detail.Err, *e.Detail
		failure.Hint, d.Err = sockeye.Text{}, &failure
		e.Detail = &d
	}
	return e
}

// appendHead appends the beginning of a line: time, mark and peer.
func (v *View) appendHead(dst []byte, e sockeye.Event) []byte {
	form := "15:04:05.000"
	if v.Dated {
		form = "2006-01-02 15:04:05.000"
	}
	dst = e.Time.Local().AppendFormat(dst, form)
	dst = append(dst, "  "...)
	m := marks[e.Kind]
	dst = v.paint(dst, m.colour, m.mark)
	dst = append(dst, ' ')
	if e.Peer != nil {
		dst = v.paint(dst, m.colour, PeerName(e.Peer))
		dst = append(dst, "  "...)
	}
	return v.appendCause(appendTopic(appendMessageType(dst, e), e), e)
}

func (v *View) appendData(dst []byte, e sockeye.Event) []byte {
	if v.Format == HexLines {
		dst = append(dst, v.term.ByteCount(len(e.Data))...)
		dst = v.appendCut(dst, e)
		dst = append(dst, '\n')
		return payload.AppendHexdump(dst, e.Data, 0, "    ")
	}
	p := payload.Printer{Charset: v.Charset}
	if v.Charset == payload.Auto {
		p.Charset = payload.Choose("", e.Data)
	}
	dst = v.appendAfterText(p.Flush(p.Append(dst, e.Data)), e)
	return append(dst, '\n')
}

// appendAfterText appends the remarks that follow the text of a read.
func (v *View) appendAfterText(dst []byte, e sockeye.Event) []byte {
	if len(e.Data) == 0 {
		dst = append(dst, v.term.T("(empty datagram)", "（空数据报）")...)
	}
	return v.appendCut(dst, e)
}

func (v *View) appendCut(dst []byte, e sockeye.Event) []byte {
	if e.Detail != nil && e.Detail.Datagram > 0 {
		dst = fmt.Appendf(dst, v.term.T(" [cut: the datagram had %d bytes]", " [已截断：数据报共 %d 字节]"), e.Detail.Datagram)
	}
	return dst
}

func (v *View) paint(dst []byte, colour, s string) []byte {
	if !v.colour || colour == "" {
		return append(dst, s...)
	}
	dst = append(dst, "\x1b["...)
	dst = append(dst, colour...)
	dst = append(dst, 'm')
	dst = append(dst, s...)
	return append(dst, "\x1b[0m"...)
}
