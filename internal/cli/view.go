package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
)

// form is how a view shows events.
type outputFormat int

const (
	lines    outputFormat = iota // one line per event: time, direction, peer, escaped text
	hexLines                     // the same with a hex dump under each message
	raw                          // received bytes exactly, and notices on standard error
	jsonLines
	quiet
)

// view is a reader of the journal that prints it. It belongs to one goroutine.
type view struct {
	app     *app
	format  outputFormat
	out     *bufio.Writer
	notices io.Writer // for raw
	verbose bool      // for raw: peers that come and go are noticed too
	colour  bool
	from    uint64             // the first event that is shown
	session string             // the only session that is shown, or ""
	dump    *dump              // nil: none
	pace    *core.Backpressure // waits for this view; nil: nobody does
	charset payload.Charset
	dated   bool // it shows a recording: a line begins with the date, too

	cut        *framing.Splitter             // frames are shown instead of chunks
	wantsFrame func(*framing.PeerFrame) bool // nil: all
	frameErr   error                         // of writing a frame
	shown      uint64                        // the last event that was read
	reframing  reframing

	opened map[*sockeye.Session]bool
	buf    []byte
	rows   rows
}

func (a *app) newView(f outputFormat, out, notices io.Writer, colour bool) *view {
	v := &view{
		app: a, format: f, out: bufio.NewWriterSize(out, 64<<10), notices: notices, colour: colour,
		opened: map[*sockeye.Session]bool{},
	}
	v.rows.lines = payload.Rows[flow]{Out: v.out, Wait: characterWait}
	return v
}

// run prints events until the journal has ended or writing fails.
func (v *view) run(c *journal.Cursor) (err error) {
	defer c.Close()
	defer func() {
		if closeErr := v.dump.close(); err == nil {
			err = closeErr
		}
	}()
	if v.format == quiet && v.pace == nil {
		c.Only(sockeye.Opened, sockeye.Failed)
	}
	defer v.end()
	for {
		e, ok := c.Try()
		if !ok {
			if err := v.flush(); err != nil {
				return outputError(err)
			}
			if err := v.dump.flush(); err != nil {
				return err
			}
			var err error
			if e, err = v.next(c); errors.Is(err, io.EOF) {
				if err := v.end(); err != nil {
					return outputError(err)
				}
				return nil
			} else if err != nil {
				if err := v.idle(); err != nil {
					return outputError(err)
				}
				continue
			}
		}
		v.shown = e.Seq
		if err := v.dump.add(e); err != nil {
			return err
		}
		if e.Kind == sockeye.Opened {
			v.opened[e.Session] = true
		}
		if v.wants(e) {
			if err := v.show(e); err != nil {
				return outputError(err)
			}
		}
		if v.pace != nil {
			v.pace.Consumed(e.Seq)
		}
	}
}

// outputError says that standard output takes no more.
func outputError(err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "write", Target: "stdout", Err: err,
		Hint: sockeye.Text{En: "see where the output goes", Zh: "请检查输出的去处"}}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		e.Err = path.Err // its path is only /dev/stdout
	}
	if errors.Is(err, syscall.ENOSPC) {
		e.Message = sockeye.Text{En: "the disk is full", Zh: "磁盘已满"}
		e.Hint = sockeye.Text{En: "make room, or send the output to another disk", Zh: "请清理空间，或把输出改到另一个磁盘"}
	}
	return e
}

func (v *view) wants(e sockeye.Event) bool {
	return e.Seq >= v.from && (v.session == "" || e.Session == nil || e.Session.ID == v.session)
}

func (v *view) show(e sockeye.Event) error {
	if v.cut != nil && v.format != quiet && v.format != raw {
		v.cut.Event(&e, v.showFrame)
		if v.frameErr != nil || e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
			return v.frameErr
		}
	}
	switch v.format {
	case quiet:
		return v.showTrouble(e)
	case raw:
		return v.showRaw(e)
	case jsonLines:
		v.buf = append(e.AppendJSON(v.buf[:0], v.app.lang), '\n')
	default:
		return v.showLine(e)
	}
	_, err := v.out.Write(v.buf)
	return err
}

// showTrouble shows even one who wants to see nothing that the record is not
// complete.
func (v *view) showTrouble(e sockeye.Event) error {
	if e.Kind == sockeye.Failed && e.Session == nil && v.notices != nil {
		v.notices.Write(v.appendLine(v.buf[:0], e))
	}
	return nil
}

func (v *view) showRaw(e sockeye.Event) error {
	if e.Kind == sockeye.Received {
		_, err := v.out.Write(e.Data)
		return err
	}
	noticed := v.verbose && e.Kind != sockeye.Sent
	switch e.Kind {
	case sockeye.Failed, sockeye.Gap:
		noticed = true
	case sockeye.Opened:
		noticed = noticed || e.Session.Endpoint.Mode == sockeye.Listen // the port may be news
	}
	if noticed {
		v.notices.Write(v.appendLine(v.buf[:0], e))
	} else if e.Kind == sockeye.Opened {
		v.opened[e.Session] = true
	}
	return nil
}

// The marks of a line, one per kind of event; colour only repeats what they say.
var marks = map[sockeye.EventKind]struct{ mark, colour string }{
	sockeye.Opened: {"*", ""}, sockeye.Joined: {"+", "32"}, sockeye.Received: {"←", "36"}, sockeye.Sent: {"→", "35"},
	sockeye.Finished: {"-", "33"}, sockeye.Left: {"-", "33"}, sockeye.Failed: {"!", "31"}, sockeye.Gap: {"!", "31"}, sockeye.Ended: {"*", ""},
}

// appendLine appends one event as a line a person reads. What came from the
// network cannot drive the terminal: it is escaped.
func (v *view) appendLine(dst []byte, e sockeye.Event) []byte {
	if e.Kind == sockeye.Failed && e.Peer == nil && e.Session != nil && !v.opened[e.Session] {
		return dst // the command itself fails with this error, and says so
	}
	dst = v.appendHead(dst, e)
	if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
		return v.appendData(dst, e)
	}
	what := v.app.describe(e)
	if e.Kind == sockeye.Gap && v.dated {
		what = fmt.Sprintf(v.app.t("%d events with %d bytes are missing in the recording", "记录中缺少 %d 个事件（%d 字节）"), e.Detail.Lost.Events, e.Detail.Lost.Bytes)
	}
	dst = append(dst, payload.SafeString(what)...)
	return append(dst, '\n')
}

// appendHead appends what every line begins with: time, mark and peer.
func (v *view) appendHead(dst []byte, e sockeye.Event) []byte {
	form := "15:04:05.000"
	if v.dated {
		form = "2006-01-02 15:04:05.000"
	}
	dst = e.Time.Local().AppendFormat(dst, form)
	dst = append(dst, "  "...)
	m := marks[e.Kind]
	dst = v.paint(dst, m.colour, m.mark)
	dst = append(dst, ' ')
	if e.Peer != nil {
		dst = v.paint(dst, m.colour, peerName(e.Peer))
		dst = append(dst, "  "...)
	}
	return dst
}

func (v *view) appendData(dst []byte, e sockeye.Event) []byte {
	if v.format == hexLines {
		dst = append(dst, v.app.byteCount(len(e.Data))...)
		dst = v.appendCut(dst, e)
		dst = append(dst, '\n')
		return payload.AppendHexdump(dst, e.Data, 0, "    ")
	}
	p := payload.Printer{Charset: v.charset}
	if v.charset == payload.Auto {
		p.Charset = payload.Choose("", e.Data)
	}
	dst = v.appendAfterText(p.Flush(p.Append(dst, e.Data)), e)
	return append(dst, '\n')
}

// appendAfterText appends what a line says after the text of a read.
func (v *view) appendAfterText(dst []byte, e sockeye.Event) []byte {
	if len(e.Data) == 0 {
		dst = append(dst, v.app.t("(empty datagram)", "（空数据报）")...)
	}
	return v.appendCut(dst, e)
}

func (v *view) appendCut(dst []byte, e sockeye.Event) []byte {
	if e.Detail != nil && e.Detail.Datagram > 0 {
		dst = fmt.Appendf(dst, v.app.t(" [cut: the datagram had %d bytes]", " [已截断：数据报共 %d 字节]"), e.Detail.Datagram)
	}
	return dst
}

func (v *view) paint(dst []byte, colour, s string) []byte {
	if !v.colour || colour == "" {
		return append(dst, s...)
	}
	dst = append(dst, "\x1b["...)
	dst = append(dst, colour...)
	dst = append(dst, 'm')
	dst = append(dst, s...)
	return append(dst, "\x1b[0m"...)
}

// peerName shows a peer: number, alias if any, and always the numeric address.
func peerName(p *sockeye.Peer) string {
	if a := p.Alias(); a != "" {
		return fmt.Sprintf("#%d %s (%s)", p.ID, payload.SafeString(a), p.Remote)
	}
	return fmt.Sprintf("#%d %s", p.ID, p.Remote)
}

func (a *app) byteCount(n int) string {
	if n == 1 {
		return a.t("1 byte", "1 字节")
	}
	return fmt.Sprintf(a.t("%d bytes", "%d 字节"), n)
}

// describe says in words what an event without data is.
func (a *app) describe(e sockeye.Event) string {
	d := e.Detail
	if d == nil {
		d = &sockeye.Detail{}
	}
	switch e.Kind {
	case sockeye.Opened:
		return a.describeOpened(e, d)
	case sockeye.Joined:
		if isUDP(e) {
			return a.describeUDPPeer(e, d)
		}
		return a.t("joined", "已连接") + a.describeAttempts(d)
	case sockeye.Finished:
		if d.Reason == sockeye.ReasonLocal {
			return a.t("we finished sending (FIN)", "本方已结束发送（FIN）")
		}
		return a.t("finished sending (FIN), it may still read", "对方已结束发送（FIN），仍可能接收")
	case sockeye.Left:
		if isUDP(e) {
			return a.describeUDPEnd(e, d)
		}
		return a.t("left: ", "已断开：") + a.describeReason(d)
	case sockeye.Failed:
		return a.describeFailure(d)
	case sockeye.Gap:
		if d.Err != nil {
			return fmt.Sprintf(a.t("%d datagrams were dropped: ", "丢弃了 %d 个数据报："), d.Lost.Events) + a.describeFailure(d)
		}
		if e.Session != nil {
			return fmt.Sprintf(a.t("%d datagrams with %d bytes were dropped: the disk is slower than they came", "丢弃了 %d 个数据报（%d 字节）：磁盘写入跟不上"), d.Lost.Events, d.Lost.Bytes)
		}
		return fmt.Sprintf(a.t("%d events with %d bytes are not shown: this view was too slow", "有 %d 个事件（%d 字节）未显示：显示速度跟不上"), d.Lost.Events, d.Lost.Bytes)
	case sockeye.Ended:
		return a.t("closed", "已关闭")
	}
	return e.Kind.String()
}

func (a *app) describeOpened(e sockeye.Event, d *sockeye.Detail) string {
	ep := e.Session.Endpoint
	transport := string(ep.Address.Network.Transport())
	if ep.Mode == sockeye.Connect {
		if transport == "udp" {
			return a.describeUDPOpened(ep, d)
		}
		if len(d.Locals) == 0 {
			return fmt.Sprintf(a.t("connecting to %s", "正在连接 %s"), ep.Address)
		}
		return fmt.Sprintf(a.t("connected from %s://%s", "已从 %s://%s 连接"), transport, d.Locals[0])
	}
	where := ""
	for i, l := range d.Locals {
		if i > 0 {
			where += ", "
		}
		where += transport + "://" + l.String()
	}
	return a.t("listening on ", "正在监听 ") + where
}

func (a *app) describeAttempts(d *sockeye.Detail) string {
	s := ""
	for _, at := range d.Attempts {
		how := a.t("connected", "成功")
		if at.Err != nil {
			how = at.Err.Reason(a.lang)
		}
		s += fmt.Sprintf("; %s %s (%s)", at.Address, how, at.Took.Round(time.Millisecond))
	}
	return s
}

func (a *app) describeReason(d *sockeye.Detail) string {
	s := map[sockeye.Reason]string{
		sockeye.ReasonEOF:     a.t("the peer closed (FIN)", "对方关闭（FIN）"),
		sockeye.ReasonReset:   a.t("the peer reset the connection (RST); bytes under way may be lost", "对方重置（RST），在途数据可能丢失"),
		sockeye.ReasonTimeout: a.t("the peer stopped answering", "对方不再应答"),
		sockeye.ReasonLocal:   a.t("closed here (FIN)", "本方关闭（FIN）"),
		sockeye.ReasonAborted: a.t("aborted here (RST)", "本方中止（RST）"),
		sockeye.ReasonIdle:    a.t("idle for too long", "空闲超时"),
		sockeye.ReasonLimit:   a.t("made room for a newer peer", "为新的连接对象让位"),
		sockeye.ReasonError:   a.t("an error", "出错"),
	}[d.Reason]
	if d.Unsent > 0 {
		s += a.t("; ", "；") + sockeye.NeverReached(d.Unsent).In(a.lang)
	}
	if d.Err != nil && (d.Reason == sockeye.ReasonError || d.Reason == sockeye.ReasonTimeout) {
		s += a.t(": ", "：") + d.Err.Reason(a.lang)
	}
	return s
}

func (a *app) describeFailure(d *sockeye.Detail) string {
	s := ""
	if d.Err != nil {
		s = d.Err.In(a.lang)
		if hint := d.Err.Hint.In(a.lang); hint != "" {
			s += a.t(" — ", "——") + hint
		}
	}
	if d.Retry > 0 {
		s += fmt.Sprintf(a.t("; next try in %s", "；%s 后重试"), d.Retry.Round(10*time.Millisecond))
	}
	return s
}
