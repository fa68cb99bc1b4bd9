package payload

import (
	"bytes"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Rows writes lines of which some show a piece of a stream as text. A piece may end
// within a character: then its line, and those after it, wait for the next pieces of
// the stream. Where these complete the character, it is shown in the last of them; else
// the bytes are shown, escaped, in the lines of the pieces that they came with. So the
// texts of a stream's lines, joined, always stand for its bytes.
//
// K names a stream. Rows belong to one goroutine.
type Rows[K comparable] struct {
	// Out takes whole lines. It keeps an error until somebody flushes it, as
	// bufio.Writer does.
	Out io.Writer
	// Charset is what the bytes are in. With Auto each stream has one chosen by its
	// bytes, and Chose, if it is not nil, hears of it before the line that shows them.
	Charset Charset
	Chose   func(key K, c Charset)
	// Wait is how long a line waits at most for each next piece, if somebody calls Settle.
	Wait time.Duration

	printers map[K]*Printer
	waiting  []byte       // whole lines
	open     []openRow[K] // in the order of their lines
}

// openRow is a line that waits.
type openRow[K comparable] struct {
	key   K
	at    int // where in waiting the bytes go that begin a character, or go on with one
	held  int // how many of these there are
	until time.Time
}

// mostWaiting bounds the bytes of lines that wait.
const mostWaiting = 64 << 10

// Line writes a line, which ends with \n, that shows nothing of a stream.
func (r *Rows[K]) Line(line []byte) error {
	if len(r.open) == 0 {
		_, err := r.Out.Write(line)
		return err
	}
	r.add(line)
	return nil
}

// Piece writes a line that shows a piece of a stream between head and tail. With
// whole, a character ends with the piece, as it does with a datagram. line is only
// what the line is made in; it is returned, to be used again.
func (r *Rows[K]) Piece(key K, line, data, tail []byte, whole bool) ([]byte, error) {
	if len(data) == 0 && !whole {
		line = append(append(line, tail...), '\n')
		return line, r.Line(line)
	}
	p := r.printer(key)
	if r.Charset == Auto && p.choose(data) && r.Chose != nil {
		r.Chose(key, p.Charset)
	}
	if whole || !r.goesOn(key, data) {
		r.settle(key, data)
	}
	p.beginRow()
	line = p.Append(line, data)
	if whole {
		line = p.Flush(line)
	}
	end := len(line)
	line = append(append(line, tail...), '\n')
	if p.held == 0 {
		return line, r.Line(line)
	}
	r.open = append(r.open, openRow[K]{key, len(r.waiting) + end, min(int(p.held), len(data)), time.Now().Add(r.Wait)})
	r.add(line)
	return line, nil
}

func (r *Rows[K]) printer(key K) *Printer {
	p := r.printers[key]
	if p == nil {
		if r.printers == nil {
			r.printers = map[K]*Printer{}
		}
		p = &Printer{Charset: r.Charset}
		if r.Charset == Auto {
			p.Charset = ""
		}
		r.printers[key] = p
	}
	return p
}

func (r *Rows[K]) add(line []byte) {
	r.waiting = append(r.waiting, line...)
	if len(r.waiting) > mostWaiting {
		r.SettleAll()
	}
}

// End forgets a stream: nothing more comes of it.
func (r *Rows[K]) End(key K) {
	r.settle(key, nil)
	delete(r.printers, key)
}

// goesOn reports whether the next bytes of a stream go on with the character that its lines
// wait for, and do not end it. Then these wait anew.
func (r *Rows[K]) goesOn(key K, next []byte) bool {
	if !r.printers[key].continues(next) {
		return false
	}
	for i := range r.open {
		if r.open[i].key == key {
			r.open[i].until = time.Now().Add(r.Wait)
		}
	}
	return true
}

// settle ends the waiting of a stream's lines when its next bytes are there; nil is
// that none will come.
func (r *Rows[K]) settle(key K, next []byte) {
	p := r.printers[key]
	if p == nil || p.held == 0 {
		return
	}
	if !p.completes(next) {
		r.escapeHeld(key, p)
	}
	r.open = slices.DeleteFunc(r.open, func(o openRow[K]) bool { return o.key == key })
	r.writeReady()
}

// escapeHeld shows the bytes that wait in the lines of the pieces that they came with.
func (r *Rows[K]) escapeHeld(key K, p *Printer) {
	var buf [2 * len(p.tail)]byte
	held := buf[:copy(buf[:], p.tail[:p.held])]
	p.Flush(nil)
	shift := 0
	for i := range r.open {
		o := &r.open[i]
		if o.at += shift; o.key != key {
			continue
		}
		var escaped []byte
		for _, b := range held[:o.held] {
			escaped = appendByte(escaped, b)
		}
		held = held[o.held:]
		r.waiting = slices.Insert(r.waiting, o.at, escaped...)
		shift += len(escaped)
	}
}

// writeReady writes the lines that nothing holds back any more.
func (r *Rows[K]) writeReady() {
	ready := len(r.waiting)
	if len(r.open) > 0 {
		ready = 1 + bytes.LastIndexByte(r.waiting[:r.open[0].at], '\n')
	}
	r.Out.Write(r.waiting[:ready])
	for i := range r.open {
		r.open[i].at -= ready
	}
	r.waiting = slices.Delete(r.waiting, 0, ready)
	if len(r.waiting) == 0 {
		r.waiting = nil
	}
}

// Settle writes the lines that have waited long enough, and returns when the next
// one has; zero is that none waits.
func (r *Rows[K]) Settle(now time.Time) (next time.Time) {
	for len(r.open) > 0 {
		if next = r.open[0].until; now.Before(next) {
			return next
		}
		r.settle(r.open[0].key, nil)
	}
	return time.Time{}
}

// SettleAll writes all lines that wait.
func (r *Rows[K]) SettleAll() {
	for len(r.open) > 0 {
		r.settle(r.open[0].key, nil)
	}
}

// completes reports whether next, as the next piece, makes one character of the
// bytes that wait.
func (p *Printer) completes(next []byte) bool { return p.joinedSize(next) > int(p.held) }

// continues reports whether next goes on with the character of the bytes that wait, and
// does not end it.
func (p *Printer) continues(next []byte) bool {
	return p.held > 0 && len(next) > 0 && p.joinedSize(next) == 0
}

// joinedSize is how many bytes the character has that the bytes that wait begin with next
// after them: 0 if it goes on after these, 1 if there is none.
func (p *Printer) joinedSize(next []byte) (size int) {
	if len(next) == 0 {
		return 1
	}
	var buf [2 * len(p.tail)]byte
	held := copy(buf[:], p.tail[:p.held])
	joined := buf[:held+copy(buf[held:], next)]
	if p.Charset != "" && p.Charset != UTF8 {
		_, size = p.decoder.next(joined)
	} else if utf8.FullRune(joined) {
		_, size = utf8.DecodeRune(joined)
	}
	return size
}

// beginRow makes the next piece the beginning of a row: a combining mark there has
// no character to sit on.
func (p *Printer) beginRow() { p.marks = 0 }
