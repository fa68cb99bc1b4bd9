package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
)

// frameFlags say how a view cuts what it shows into frames.
type frameFlags struct {
	frame, check string
}

func (f *frameFlags) register(a *app, fs *pflag.FlagSet) {
	fs.StringVar(&f.frame, "frame", "", a.t("show frames, found so: line, delim:0d0a, length:size=2, idle:20ms, modbus-tcp, json and more", "按帧显示，分帧方式：line、delim:0d0a、length:size=2、idle:20ms、modbus-tcp、json 等"))
	fs.StringVar(&f.check, "check", "", a.t("with --frame: the checksum that frames end with, such as crc16modbus", "配合 --frame：帧尾的校验，例如 crc16modbus"))
}

// cutting is how frames are found and judged.
type frameChoice struct {
	spec  framing.Spec
	check checksum.Trailer
}

// choice is what the flags mean; nil is no frames.
func (f *frameFlags) choice() (*frameChoice, error) {
	if f.frame == "" {
		if f.check != "" {
			return nil, usage("--check", sockeye.Text{En: "a checksum is of a frame", Zh: "校验针对的是帧"},
				sockeye.Text{En: "say with --frame how frames are found: --frame idle:20ms", Zh: "用 --frame 指定分帧方式，例如 --frame idle:20ms"})
		}
		return nil, nil
	}
	c, err := parseFrameChoice(f.frame, f.check)
	if err != nil {
		e := *sockeye.ErrorOf(err)
		if e.Target == payload.Quote(f.frame, 60) || e.Op == "parse" {
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
func parseFrameChoice(frame, check string) (*frameChoice, error) {
	spec, err := framing.Parse(frame)
	if err != nil {
		return nil, err
	}
	c := &frameChoice{spec: spec}
	if check != "" {
		if c.check, err = checksum.ParseTrailer(check); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *frameChoice) splitter() *framing.Splitter {
	if c == nil {
		return nil
	}
	return framing.NewSplitter(c.spec, c.check)
}

func (c *frameChoice) String() string {
	s := c.spec.String()
	if c.check.Algorithm != nil {
		s += " " + c.check.String()
	}
	return s
}

// framed is form for a view that shows frames.
func (f *frameFlags) framed(d *displayFlags, shown outputFormat) (outputFormat, error) {
	switch {
	case f.frame == "":
	case d.raw:
		return 0, usage("--frame --raw", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"},
			sockeye.Text{En: "raw is the bytes as they came; use --json for frames in a program", Zh: "raw 是原样的字节；供程序使用的帧请用 --json"})
	case shown == raw: // into a pipe
		return lines, nil
	}
	return shown, nil
}

// reframing lets another goroutine change how a running view cuts.
type reframing struct {
	asked atomic.Pointer[func(*view)]
	wake  atomic.Pointer[context.CancelFunc]
}

// ask makes the view call do on its goroutine before it shows what comes next.
func (r *reframing) ask(do func(*view)) {
	r.asked.Store(&do)
	if wake := r.wake.Load(); wake != nil {
		(*wake)()
	}
}

// next is the view's next event. It returns early, with no event, when somebody
// asks for something or a pause has to be looked at.
func (v *view) next(c *journal.Cursor) (sockeye.Event, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	v.reframing.wake.Store(&cancel)
	defer v.reframing.wake.Store(nil)
	if v.reframing.asked.Load() != nil {
		return sockeye.Event{}, context.Canceled
	}
	if v.cut != nil {
		if due := v.cut.Due(); !due.IsZero() {
			late, stop := context.WithTimeout(ctx, due.Sub(journal.Now()))
			defer stop()
			ctx = late
		}
	}
	return c.Next(ctx)
}

// idle does what there is to do when no event came.
func (v *view) idle() error {
	if do := v.reframing.asked.Swap(nil); do != nil {
		(*do)(v)
	}
	if v.cut != nil {
		v.cut.Rest(journal.Now(), v.showFrame)
	}
	return v.frameErr
}

// reshown is how many frames a view shows again when they are cut anew.
const reshown = 200

// reframe shows what was received before once more, cut another way; nil goes back to
// events.
func (v *view) reframe(c *frameChoice, again *journal.Cursor) {
	defer again.Close()
	v.settle()
	v.cut = c.splitter()
	if v.cut == nil {
		v.showNotice(v.app.t("from here on as chunks, as they were read", "以下按收到的数据块显示"))
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
			v.cut.Event(&e, keep)
		}
	}
	if count > reshown {
		v.showNotice(fmt.Sprintf(v.app.t("cut anew as %s: the last %d of %d frames", "按 %s 重新分帧：共 %[3]d 帧，显示最后 %[2]d 帧"), c, reshown, count))
	} else {
		v.showNotice(fmt.Sprintf(v.app.t("cut anew as %s: %d frames", "按 %s 重新分帧：共 %d 帧"), c, count))
	}
	for n := max(0, count-reshown); n < count; n++ {
		v.write(last[n%reshown])
	}
}

// showNotice writes a line of the program's own.
func (v *view) showNotice(text string) {
	v.write(fmt.Appendf(nil, "--- %s ---\n", payload.SafeString(text)))
}

// showFrame prints a frame.
func (v *view) showFrame(f *framing.PeerFrame) {
	if v.frameErr != nil || v.wantsFrame != nil && !v.wantsFrame(f) {
		return
	}
	if v.format == jsonLines {
		v.buf = append(f.AppendJSON(v.buf[:0]), '\n')
	} else {
		v.buf = v.appendFrame(v.buf[:0], f)
	}
	v.frameErr = v.write(v.buf)
}

// appendFrame appends a frame as a line a person reads: what it says, and in
// brackets what is special about it.
func (v *view) appendFrame(dst []byte, f *framing.PeerFrame) []byte {
	dst = v.appendHead(dst, sockeye.Event{Kind: f.Kind, Peer: f.Peer, Time: f.Time})
	if v.format == hexLines {
		dst = append(dst, v.app.byteCount(len(f.Data))...)
	} else {
		dst = payload.AppendSafe(dst, f.Body)
	}
	switch f.Mark {
	case framing.Garbage:
		dst = v.appendNote(dst, v.app.t("no frame", "不是帧"))
	case framing.Oversize:
		dst = v.appendNote(dst, v.app.t("too long for a frame", "超过最大帧长"))
	case framing.Incomplete:
		dst = v.appendNote(dst, v.app.t("incomplete", "不完整"))
	case framing.Open:
		dst = append(dst, v.app.t(" [unfinished]", " [未完成]")...)
	}
	switch f.Check {
	case framing.Right:
		dst = append(dst, v.app.t(" [checksum right]", " [校验正确]")...)
	case framing.Wrong:
		dst = v.appendNote(dst, v.app.t("checksum wrong", "校验错误"))
	}
	dst = v.appendCuts(dst, f.Reads)
	dst = append(dst, '\n')
	if v.format == hexLines {
		dst = payload.AppendHexdump(dst, f.Data, 0, "    ")
	}
	return dst
}

// appendNote appends what is wrong with a frame.
func (v *view) appendNote(dst []byte, note string) []byte {
	return v.paint(append(dst, ' '), "31", "["+note+"]")
}

// appendCuts tells where in a frame another chunk begins.
func (v *view) appendCuts(dst []byte, cuts []int) []byte {
	if len(cuts) == 0 {
		return dst
	}
	dst = fmt.Appendf(dst, v.app.t(" [%d chunks, cut at ", " [%d 个数据块，分界于 "), len(cuts)+1)
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

// writeFrames exports the frames of a recording as CSV.
func (a *app) writeFrames(d *recording.Reader, m *recording.Matcher, wants func(*framing.PeerFrame) bool, c *frameChoice, w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write(framing.CSVHeader)
	split := c.splitter()
	write := func(f *framing.PeerFrame) {
		if err == nil && (wants == nil || wants(f)) {
			err = out.Write(f.CSV())
		}
	}
	readErr := d.Each(a.ctx, m, func(e *sockeye.Event) error {
		split.Event(e, write)
		return err
	})
	split.End(write)
	out.Flush()
	return errors.Join(readErr, out.Error())
}
