package terminal

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
)

// FrameFlags says how a view splits what it shows into frames.
type FrameFlags struct {
	Frame, Check string
	Fields       []string
	Decode       DecodeFlags
}

// Register adds the flags to a command.
func (f *FrameFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.Var(CheckedText(&f.Frame, isFraming), "frame", a.T("show frames, found so: line, delim:0d0a, length:size=2, idle:20ms, modbus-tcp, json and more", "按帧显示，分帧方式：line、delim:0d0a、length:size=2、idle:20ms、modbus-tcp、json 等"))
	fs.Var(&checkedFields{&f.Fields, a}, "fields", a.T("show the named values of frames: keys, csv, json, nmea, 'u8 id, i16be temp*0.1 \"°C\"' and more, or FILE#NAME for those of a workspace; several are tried in turn", "显示帧中的字段值：keys、csv、json、nmea、'u8 id, i16be temp*0.1 \"°C\"' 等，或用 FILE#名称 取工作区文件中的字段格式；可写多个，依次尝试"))
	fs.Var(CheckedText(&f.Check, isChecksum), "check", a.T("with --frame: the checksum that frames end with, such as crc16modbus", "配合 --frame：帧尾的校验，例如 crc16modbus"))
}

// FrameChoice is the framing of a stream, the checksum at the end of its frames, and the values
// in them.
type FrameChoice struct {
	spec   framing.Spec
	check  checksum.Trailer
	Fields fields.SpecSet
	decode *framing.Decoding // nil: nobody asked for messages
}

// Choice returns the choice of the flags; nil: no frames.
func (f *FrameFlags) Choice() (*FrameChoice, error) {
	set, err := parseFields(f.Fields)
	if err != nil {
		return nil, err
	}
	decoding, err := f.Decode.Decoding()
	if err != nil {
		return nil, err
	}
	c, err := f.framing(set)
	if c != nil && err == nil {
		c.Fields, c.decode = set, decoding
	}
	return c, err
}

// parseFields reads the specs of --fields.
func parseFields(typed []string) (set fields.SpecSet, err error) {
	for _, text := range typed {
		s, err := fields.Parse(text)
		if err != nil {
			return nil, OfFlag(err, "--fields")
		}
		set = append(set, s)
	}
	return set, nil
}

// framing returns the framing: that of the flags, or else the usual one for the messages or values
// in the frames.
func (f *FrameFlags) framing(set fields.SpecSet) (*FrameChoice, error) {
	if f.Frame == "" && f.Decode.Protocol != "" {
		return parseFrameChoice(framing.OfMessages(f.Decode.Protocol), f.Check)
	}
	if f.Frame == "" && len(set) > 0 {
		return parseFrameChoice(set[0].Framing(), f.Check)
	}
	if f.Frame == "" {
		if f.Check != "" {
			return nil, Usage("--check", sockeye.Text{En: "a checksum is of a frame", Zh: "校验针对的是帧"},
				sockeye.Text{En: "say with --frame how frames are found: --frame idle:20ms", Zh: "用 --frame 指定分帧方式，例如 --frame idle:20ms"})
		}
		return nil, nil
	}
	c, err := parseFrameChoice(f.Frame, f.Check)
	if err != nil {
		e := *sockeye.ErrorOf(err)
		if e.Target == payload.Quote(f.Frame, 60) || e.Op == "parse" {
			e.Op = ""
		}
		e.Target = "--frame"
		if c != nil {
			e.Target = "--check"
		}
		return nil, &e
	}
	return c, nil
}

// parseFrameChoice reads a framing spec and a checksum. With an error about the
// checksum, the cutting is not nil.
func parseFrameChoice(frame, check string) (*FrameChoice, error) {
	spec, err := framing.Parse(frame)
	if err != nil {
		return nil, err
	}
	c := &FrameChoice{spec: spec}
	if check != "" {
		if c.check, err = checksum.ParseTrailer(check); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Splitter returns a new splitter with the framing of the choice; nil for a nil choice.
func (c *FrameChoice) Splitter() *framing.Splitter {
	if c == nil {
		return nil
	}
	return framing.NewSplitter(c.spec, c.check)
}

// Frame returns the framing as --frame writes it.
func (c *FrameChoice) Frame() string { return c.spec.String() }

func (c *FrameChoice) String() string {
	s := c.spec.String()
	if c.check.Algorithm != nil {
		s += " " + c.check.String()
	}
	return s
}

// Values reads the values of frames; nil if nobody asked for any.
func (c *FrameChoice) Values() *fields.SetReader {
	if c == nil || len(c.Fields) == 0 {
		return nil
	}
	return c.Fields.NewReader()
}

// Flag returns the first flag that asks for frames, or "".
func (f *FrameFlags) Flag() string {
	switch {
	case f.Frame != "":
		return "--frame"
	case len(f.Fields) > 0:
		return "--fields"
	}
	return "--decode"
}

// Found returns how frames are found, which checksum they end with, and which values they hold.
func (c *FrameChoice) Found() (framing.Spec, checksum.Trailer, fields.SpecSet) {
	return c.spec, c.check, c.Fields
}

// Decoding returns how frames are decoded; nil: not at all.
func (c *FrameChoice) Decoding() *framing.Decoding { return c.decode }

// Framed returns the output format for a view that shows frames, or why frames cannot be shown in
// it.
func (f *FrameFlags) Framed(d *DisplayFlags, shown OutputFormat) (OutputFormat, error) {
	switch {
	case f.Frame == "" && len(f.Fields) == 0 && f.Decode.Protocol == "":
	case d.Raw:
		flag := f.Flag()
		return 0, Usage(flag+" --raw", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
			sockeye.Text{En: "raw is the bytes as they came; use --json for frames in a program", Zh: "raw 是原样的字节；供程序使用的帧请用 --json"})
	case shown == Raw: // into a pipe
		return Lines, nil
	}
	return shown, nil
}

// reframing lets another goroutine change the framing of a running view.
type reframing struct {
	asked atomic.Pointer[func(*View)]
	wake  atomic.Pointer[context.CancelFunc]
}

// ask makes the view call do on its goroutine before it shows what comes next.
func (r *reframing) ask(do func(*View)) {
	r.asked.Store(&do)
	if wake := r.wake.Load(); wake != nil {
		(*wake)()
	}
}

// next returns the view's next event. It returns early, without one, when another goroutine used
// ask, or when a pause in the stream may have ended a frame.
func (v *View) next(c *journal.Cursor) (sockeye.Event, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	v.reframing.wake.Store(&cancel)
	defer v.reframing.wake.Store(nil)
	if v.reframing.asked.Load() != nil {
		return sockeye.Event{}, context.Canceled
	}
	if v.Cut != nil {
		if due := v.Cut.Due(); !due.IsZero() {
			late, stop := context.WithTimeout(ctx, due.Sub(journal.Now()))
			defer stop()
			ctx = late
		}
	}
	return c.Next(ctx)
}

// idle carries out what was asked and ends frames by pauses, when next returned no event.
func (v *View) idle() error {
	if do := v.reframing.asked.Swap(nil); do != nil {
		(*do)(v)
	}
	if v.Cut != nil {
		v.Cut.Rest(journal.Now(), v.ShowFrame)
	}
	return v.FrameErr
}

// reshown is how many frames a view shows again after its framing has changed.
const reshown = 200

// reframe changes the framing of the view and shows the latest events once more with it. A nil
// choice goes back to events.
func (v *View) reframe(c *FrameChoice, again *journal.Cursor) {
	defer again.Close()
	v.settle()
	if c != nil && c.Fields == nil && v.values != nil {
		c.Fields = v.values.set
	}
	if c != nil && c.decode == nil {
		c.decode = v.decoding
	}
	v.ShowFrames(c)
	if v.Cut == nil {
		v.ShowNotice(v.term.T("from here on as chunks, as they were read", "以下按收到的数据块显示"))
		return
	}
	var last [reshown][]byte
	count := 0
	keep := func(f *framing.PeerFrame) {
		last[count%reshown] = v.appendFrame(last[count%reshown][:0], f)
		count++
	}
	for {
		e, ok := again.Try()
		if !ok || e.Seq > v.shown {
			break
		}
		if v.wants(e) {
			v.Cut.Event(&e, keep)
		}
	}
	if count > reshown {
		v.ShowNotice(fmt.Sprintf(v.term.T("cut anew as %s: the last %d of %d frames", "按 %s 重新分帧：共 %[3]d 帧，显示最后 %[2]d 帧"), c, reshown, count))
	} else {
		v.ShowNotice(fmt.Sprintf(v.term.T("cut anew as %s: %d frames", "按 %s 重新分帧：共 %d 帧"), c, count))
	}
	for n := max(0, count-reshown); n < count; n++ {
		v.write(last[n%reshown])
	}
}

// ShowNotice writes a line that is about no event.
func (v *View) ShowNotice(text string) {
	v.write(fmt.Appendf(nil, "--- %s ---\n", payload.SafeString(text)))
}

// ShowFrame prints a frame.
func (v *View) ShowFrame(f *framing.PeerFrame) {
	if v.FrameErr != nil || v.WantsFrame != nil && !v.WantsFrame(f) {
		return
	}
	if v.Format == JSONLines {
		v.buf = append(v.appendMessageJSON(v.values.appendJSON(f.AppendJSON(v.buf[:0]), f), f), '\n')
	} else {
		v.buf = v.appendFrame(v.buf[:0], f)
	}
	v.FrameErr = v.write(v.buf)
}

// appendFrame appends a frame as a line a person reads: what it says, and in
// brackets what is special about it.
func (v *View) appendFrame(dst []byte, f *framing.PeerFrame) []byte {
	dst = v.appendHead(dst, sockeye.Event{Kind: f.Kind, Peer: f.Peer, Time: f.Time})
	dst, tree := v.appendMessage(dst, f)
	dst, valued := v.values.append(dst, f, v)
	switch {
	case valued || tree != nil:
	case v.Format == HexLines:
		dst = append(dst, v.term.ByteCount(len(f.Data))...)
	default:
		dst = payload.AppendSafe(dst, f.Body)
	}
	switch f.Mark {
	case framing.Garbage:
		dst = v.appendNote(dst, v.term.T("no frame", "不是帧"))
	case framing.Oversize:
		dst = v.appendNote(dst, v.term.T("too long for a frame", "超过最大帧长"))
	case framing.Incomplete:
		dst = v.appendNote(dst, v.term.T("incomplete", "不完整"))
	case framing.Open:
		dst = append(dst, v.term.T(" [unfinished]", " [未完成]")...)
	}
	switch f.Check {
	case framing.Right:
		dst = append(dst, v.term.T(" [checksum right]", " [校验正确]")...)
	case framing.Wrong:
		dst = v.appendNote(dst, v.term.T("checksum wrong", "校验错误"))
	}
	dst = v.appendCuts(dst, f.Reads)
	dst = append(append(dst, '\n'), tree...)
	if v.Format == HexLines {
		dst = payload.AppendHexdump(dst, f.Data, 0, "    ")
	}
	return dst
}

// appendNote appends what is wrong with a frame.
func (v *View) appendNote(dst []byte, note string) []byte {
	return v.paint(append(dst, ' '), "31", "["+note+"]")
}

// appendCuts appends the places in a frame where another chunk begins.
func (v *View) appendCuts(dst []byte, cuts []int) []byte {
	if len(cuts) == 0 {
		return dst
	}
	dst = fmt.Appendf(dst, v.term.T(" [%d chunks, cut at ", " [%d 个数据块，分界于 "), len(cuts)+1)
	const most = 8
	for n, at := range cuts {
		if n > 0 {
			dst = append(dst, ", "...)
		}
		if n == most {
			dst = append(dst, "…"...)
			break
		}
		dst = fmt.Append(dst, at)
	}
	return append(dst, ']')
}
