package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
)

// CommentOptions are how to write comments. The zero value is usable.
type CommentOptions struct {
	// Files is the file system; nil is the operating system's.
	Files FileSystem
	// Shared, Lang and Application are as in WriteOptions.
	Shared      bool
	Lang        sockeye.Lang
	Application string
}

// commentsName is the name of segments that hold nothing but comments.
const commentsName = "comments"

// Comment writes a comment on an event into a recording that nobody writes to, and returns
// that event, with data of its own; "" takes the comment away. What was recorded stays as
// it is: the comment is an event of its own, at the end of the file, or in a segment for
// comments at the end of the directory, and durable on return. The error is an
// *sockeye.Error.
func (r *Files) Comment(ctx context.Context, at EventRef, text string, o CommentOptions) (sockeye.Event, error) {
	if o.Files == nil {
		o.Files = System()
	}
	text, err := sockeye.ParseComment(text)
	if err != nil {
		return sockeye.Event{}, err
	}
	if r.foreign || r.packed {
		return sockeye.Event{}, r.notOurs()
	}
	release, file, err := r.claim(o)
	if err != nil {
		return sockeye.Event{}, r.notCommented(r.path, err)
	}
	defer release()
	s, err := r.Summarize(ctx, nil) // nobody adds to it now
	if err != nil {
		return sockeye.Event{}, err
	}
	if at, err = s.find(r.path, at); err != nil {
		return sockeye.Event{}, err
	}
	on, err := r.eventAt(ctx, at)
	if err != nil {
		return sockeye.Event{}, err
	}
	run, seq := s.nextFor(at)
	c := sockeye.Event{Seq: seq, Time: later(time.Now(), s.Last), Kind: sockeye.Commented, Session: on.Session, Peer: s.asLastNamed(at.Run, &on),
		Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: at.Seq, Text: text}}}
	encoder := pcapng.NewEncoder(pcapng.EncodeOptions{Application: o.Application, Lang: o.Lang, Run: run})
	if err := r.append(ctx, encoder.Append(encoder.Begin(nil, c.Time), &c), o.Files, file); err != nil {
		return sockeye.Event{}, err
	}
	return on, nil
}

// claim keeps others from writing to the recording until release is called. file is what there
// is to write to, if it is one file.
func (r *Files) claim(o CommentOptions) (release func(), file OutputFile, err error) {
	if !r.isDir {
		file, err = o.Files.Append(r.path)
		return func() { file.Close() }, file, err
	}
	if !o.Shared {
		err = o.Files.Private(r.path)
	}
	var lock Lock
	if err == nil {
		lock, err = o.Files.Lock(filepath.Join(r.path, lockName))
	}
	return func() { lock.Release() }, nil, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (r *Files) notOurs() error {
	e := &sockeye.Error{Kind: sockeye.Unsupported, Op: "comment", Target: r.path,
		Message: sockeye.Text{En: "a capture of another program is not written to", Zh: "不会写入其他程序的抓包文件"},
		Hint: sockeye.Text{En: "sockeye log export --format pcapng makes a recording of it, which takes comments; or open it in the page, comment there and export",
			Zh: "用 sockeye log export --format pcapng 转换为记录后即可写注释；或在页面中打开，写注释后导出"}}
	if r.packed {
		e.Message = sockeye.Text{En: "a compressed recording is not written to", Zh: "不会写入已压缩的记录"}
		e.Hint = sockeye.Text{En: "unpack it first (gunzip, unzstd)", Zh: "请先解压（gunzip、unzstd）"}
	}
	return e
}

// notCommented says what the system said about a place that a comment was to be written to.
func (r *Files) notCommented(path string, err error) error {
	e := *sockeye.ErrorOf(Unwritable(path, err))
	e.Op = "comment"
	if _, busy := errors.AsType[LockedError](err); busy {
		e.Hint = inItsPage
	}
	return &e
}

// inItsPage is what to do about a recording that is being written.
var inItsPage = sockeye.Text{En: "comment in the page or the terminal of that process, or end it first; reading is always possible",
	Zh: "请在该进程的页面或终端中写注释，或先结束它；读取不受影响"}

// find is the run of the event that is meant.
func (s *Summary) find(path string, at EventRef) (EventRef, error) {
	found := map[uint64]bool{}
	for _, span := range s.spans {
		if at.Seq >= span.First && at.Seq <= span.Last && (at.Run == 0 || at.Run == span.Run) {
			found[span.Run] = true
		}
	}
	for run := range found {
		at.Run = run
	}
	switch len(found) {
	case 0:
		return at, noEvent(path, at)
	case 1:
		return at, nil
	}
	return at, &sockeye.Error{Kind: sockeye.Misuse, Op: "comment", Target: path,
		Message: sockeye.Text{En: fmt.Sprintf("%d runs that were recorded here have an event %d", len(found), at.Seq), Zh: fmt.Sprintf("此处记录的 %d 次运行都有事件 %d", len(found), at.Seq)},
		Hint:    sockeye.Text{En: "open the recording in the page (sockeye ui) and choose the row there", Zh: "请在页面（sockeye ui）中打开该记录并选择相应的行"}}
}

func noEvent(path string, at EventRef) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "comment", Target: path,
		Message: sockeye.Text{En: fmt.Sprintf("no message or other event has the number %d", at.Seq), Zh: fmt.Sprintf("没有编号为 %d 的消息或事件", at.Seq)},
		Hint:    sockeye.Text{En: `the numbers are "seq" in sockeye log show --json, and the first column of log export --format csv`, Zh: `编号即 sockeye log show --json 中的 "seq"，以及 log export --format csv 的第一列`}}
}

// eventAt reads one event, which is not a comment.
func (r *Files) eventAt(ctx context.Context, at EventRef) (sockeye.Event, error) {
	d, err := r.Read(ReadOptions{From: at.Seq})
	if err != nil {
		return sockeye.Event{}, err
	}
	defer d.Close()
	for {
		e, err := d.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return e, noEvent(r.path, at)
		case err != nil && ctx.Err() != nil:
			return e, err
		case err != nil || d.At(&e) != at:
			continue
		}
		if !TakesComments(&e) {
			return e, noEvent(r.path, at)
		}
		e.Data = append([]byte(nil), e.Data...)
		return e, nil
	}
}

// TakesComments reports whether an event may have a comment: it is one that happened to a
// session, and no comment itself.
func TakesComments(e *sockeye.Event) bool { return e.Session != nil && e.Kind != sockeye.Commented }

// nextFor is the run to which a comment on an event is written, and its number there: the
// last run, or else that of the event.
func (s *Summary) nextFor(at EventRef) (run, seq uint64) {
	run = s.spans[len(s.spans)-1].Run
	if runOf(s.spans, run, at.Seq) != at.Run {
		run = at.Run
	}
	for _, span := range s.spans {
		if span.Run == run {
			seq = max(seq, span.Last+1)
		}
	}
	return run, seq
}

// asLastNamed is the peer of an event with the alias that it had last, which is not to be
// changed by what is written now.
func (s *Summary) asLastNamed(run uint64, on *sockeye.Event) *sockeye.Peer {
	if on.Peer == nil {
		return nil
	}
	p := &sockeye.Peer{ID: on.Peer.ID, Session: on.Session, Network: on.Peer.Network, Local: on.Peer.Local, Remote: on.Peer.Remote}
	alias := on.Peer.Alias()
	for _, session := range s.Sessions {
		if session.run == run && session.ID == on.Session.ID {
			for _, known := range session.Peers {
				if known.ID == p.ID {
					alias = known.Alias
				}
			}
		}
	}
	if alias != "" {
		p.SetAlias(alias)
	}
	return p
}

// append writes blocks behind everything there is, in one piece, and makes them durable: to a
// file, or of a directory to the segment for comments at its end.
func (r *Files) append(ctx context.Context, blocks []byte, files FileSystem, file OutputFile) error {
	path, size, err := r.commentsEnd(ctx)
	switch {
	case err != nil:
		return err
	case file != nil:
	case size > 0:
		file, err = files.Append(path)
	default:
		file, err = files.Create(path)
	}
	if err != nil {
		return r.notCommented(path, err)
	}
	if _, err = writeAll(file, blocks); err == nil {
		err = file.Sync()
	}
	if err != nil {
		file.Truncate(size) // if it fails the torn tail stays, which readers know
	}
	if r.isDir {
		err = errors.Join(err, file.Close())
	}
	if err == nil && size == 0 {
		err = files.SyncDir(r.path)
	}
	if err != nil {
		return r.notCommented(path, err)
	}
	return nil
}

// commentsEnd is the file that comments are written to, and how long it is: 0 if it is a new one.
func (r *Files) commentsEnd(ctx context.Context) (path string, size int64, err error) {
	files, err := r.files()
	if err != nil {
		return "", 0, err
	}
	last := files[len(files)-1]
	if !r.isDir || last.name.name == commentsName && last.size < DefaultSegmentBytes {
		x, err := r.indexOf(ctx, last, func(int64) {})
		switch {
		case err != nil:
			return "", 0, err
		case x.Whole == x.Size:
			return last.path, x.Size, nil
		case !r.isDir:
			return "", 0, tornEnd(last.path)
		}
	}
	entries, err := System().List(r.path)
	if err != nil {
		return "", 0, unreadable(r.path, err)
	}
	name := segmentName{began: stampAfter(time.Now(), segmentsOf(entries)), name: commentsName, number: 1}
	return filepath.Join(r.path, name.String()), 0, nil
}

func tornEnd(path string) error {
	return &sockeye.Error{Kind: sockeye.Misuse, Op: "comment", Target: path,
		Message: sockeye.Text{En: "the end of the file is torn, so nothing is written behind it", Zh: "文件末尾不完整，无法在其后写入"},
		Hint:    sockeye.Text{En: "sockeye log repair writes what is whole to a new file", Zh: "用 sockeye log repair 把完整的部分写入新文件"}}
}
