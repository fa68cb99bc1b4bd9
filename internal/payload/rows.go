package payload

import (
	"bytes"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Rows writes lines of which some show a piece of a stream as text. A piece may end
// within a character: then its line, and those after it, wait for the next piece of
// the stream. If that completes the character, it is shown there; else the bytes are
// shown, escaped, in the line of the piece that they came with. So the texts of a
// stream's lines, joined, always stand for its bytes.
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
	// Wait is how long a line waits at most, if somebody calls Settle.
	Wait time.Duration

	printers map[K]*Printer
	waiting  []byte       // whole lines
	open     []openRow[K] // in the order of their lines
}

// openRow is a line that waits.
type openRow[K comparable] struct {
	key   K
	at    int // where in waiting the bytes go that begin a character
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
	r.settle(key, data)
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
	r.open = append(r.open, openRow[K]{key, len(r.waiting) + end, time.Now().Add(r.Wait)})
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

// settle ends the waiting of a stream's line when its next bytes are there; nil is
// that none will come.
func (r *Rows[K]) settle(key K, next []byte) {
	n := slices.IndexFunc(r.open, func(o openRow[K]) bool { return o.key == key })
	if n < 0 {
		return
	}
	if p := r.printers[key]; !p.completes(next) {
		escaped := p.Flush(nil)
		r.waiting = slices.Insert(r.waiting, r.open[n].at, escaped...)
		for i := n + 1; i < len(r.open); i++ {
			r.open[i].at += len(escaped)
		}
	}
	r.open = slices.Delete(r.open, n, n+1)
	if n == 0 {
		r.writeReady()
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
func (p *Printer) completes(next []byte) bool {
	if len(next) == 0 {
		return false
	}
	var buf [2 * len(p.tail)]byte
	held := copy(buf[:], p.tail[:p.held])
	joined := buf[:held+copy(buf[held:], next)]
	if p.Charset == "" || p.Charset == UTF8 {
		_, size := utf8.DecodeRune(joined)
		return size > held
	}
	_, size := p.decoder.next(joined)
	return size > held
}

// beginRow makes the next piece the beginning of a row: a combining mark there has
// no character to sit on.
func (p *Printer) beginRow() { p.marks = 0 }
