// Package schedule sends by the clock: lists of payloads, when each of their messages is
// due, and the runs that send them. It opens no connection: whoever starts a run says how
// a message is sent.
package schedule

import (
	"errors"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/payload"
)

// List is a named list of payloads.
type List struct {
	Name string
	// Times is how often the whole list is sent; 0 is for ever.
	Times int
	Rows  []Row
}

// Row is one payload of a list.
type Row struct {
	// Name is a word for people; it may be empty.
	Name string
	// Text is the payload as it is written; Hex says that it is hex, and Plain that it
	// is text without escapes and fields.
	Text       string
	Hex, Plain bool
	// Charset, Checksum and LineEnd are as payload.Options has them, in words: a
	// charset's name, what checksum.ParseTrailer reads, and "", "lf", "crlf" or "cr".
	Charset, Checksum, LineEnd string
	// Prefix and Suffix are put around the message. A table has no columns for them.
	Prefix, Suffix string
	// Delay is the time from this message until the next.
	Delay time.Duration
	// Repeat is how often the row is sent before the next; 0 is once.
	Repeat int
	// Off rows are kept but not sent.
	Off bool
	// To names the peers as core's Find does, with spaces between; "" is all.
	To string
}

// The bounds of a list. MaxRows is how many rows a file may have.
const (
	MaxRows = 10_000
	// MaxTimes is how often a row or a list is sent at most, and how many messages a
	// list has in all that is not sent for ever.
	MaxTimes = 1_000_000_000
	// MaxDelay is the longest pause.
	MaxDelay = 24 * time.Hour
	// MinRound is the least that a list takes which is sent for ever.
	MinRound = time.Millisecond
)

// Every is a list of one payload that is sent every so often, times times, or for
// ever for 0.
func Every(r Row, interval time.Duration, times int) List {
	r.Delay, r.Repeat = interval, 0
	return List{Name: r.Name, Times: times, Rows: []Row{r}}
}

// Options are how the row's text becomes bytes. The error joins every *ListFault.
func (r Row) Options() (payload.ParseOptions, error) {
	o, wrong := r.options()
	return o, JoinFaults(wrong)
}

// options are Options with what of them is right.
func (r Row) options() (o payload.ParseOptions, wrong []*ListFault) {
	o = payload.ParseOptions{Hex: r.Hex, Plain: r.Plain, Prefix: r.Prefix, Suffix: r.Suffix}
	note := func(field string, err error) {
		if err != nil {
			wrong = append(wrong, FaultIn(field, err))
		}
	}
	var err error
	o.Charset, err = payload.ParseCharset(r.Charset)
	note("charset", err)
	if r.Checksum != "" {
		o.Trailer, err = checksum.ParseTrailer(r.Checksum)
		note("checksum", err)
	}
	o.LineEnd, err = LineEnd(r.LineEnd)
	note("line_ending", err)
	return o, wrong
}

// SetChecksum gives the row a checksum by name, of the bytes from from up to to, exclusive,
// in the order "big" or "little". Zero values leave what the name says: it may be all that
// checksum.ParseTrailer reads.
func (r *Row) SetChecksum(name string, from, to int, order string) error {
	t, err := checksum.ParseTrailer(name)
	if err != nil {
		return err
	}
	if part := (checksum.Coverage{From: from, To: to}); part != (checksum.Coverage{}) {
		t.Range = part
	}
	switch order {
	case "big":
		t.Order = checksum.Big
	case "little":
		t.Order = checksum.Little
	}
	r.Checksum = t.String()
	return nil
}

// LineEnd is the line end that a word means: "lf", "crlf", "cr", or none.
func LineEnd(word string) (string, error) {
	switch strings.ToLower(word) {
	case "":
		return "", nil
	case "lf":
		return "\n", nil
	case "crlf":
		return "\r\n", nil
	case "cr":
		return "\r", nil
	}
	return "", &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: payload.Quote(word, 20),
		Message: sockeye.Text{En: "is not a line end", Zh: "不是换行方式"}, Hint: sockeye.Text{En: "write lf, crlf, cr, or nothing", Zh: "可写 lf、crlf、cr，或不写"}}
}

// Template checks the row and parses its payload. The error joins every *ListFault.
func (r Row) Template() (*payload.Template, error) {
	if wrong := r.Faults(); len(wrong) > 0 {
		return nil, JoinFaults(wrong)
	}
	return r.Parse()
}

// Parse parses the payload of a row, which may be empty and need not be fit for a list.
// The error joins every *ListFault.
func (r Row) Parse() (*payload.Template, error) {
	o, wrong := r.options()
	if len(wrong) == 0 {
		if t, err := payload.Parse(r.Text, o); err == nil {
			return t, nil
		}
	}
	return nil, JoinFaults(r.PayloadFaults(false))
}

// Templates checks the list and parses its rows; one that is off has nil. The error
// joins every *ListFault.
func (l *List) Templates() ([]*payload.Template, error) {
	var wrong listFaults
	wrong.add(l.Bounds()...)
	rows := l.Rows[:min(len(l.Rows), MaxRows)]
	all := make([]*payload.Template, len(rows))
	for i, r := range rows {
		if wrong.isFull() {
			break
		}
		found := r.Faults()
		for _, f := range found {
			wrong.add(InRow(i, f))
		}
		if len(found) == 0 && !r.Off {
			all[i], _ = r.Parse() // nothing is wrong with it
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return all, l.Sendable()
}

// Steps is how many messages the plan has in all, and 0 for one without end.
func (l *List) Steps() int {
	n := 0
	for _, r := range l.Rows {
		if !r.Off {
			n += max(1, r.Repeat)
		}
	}
	return n * l.Times
}

// RowsOn is how many rows are sent.
func (l *List) RowsOn() int {
	n := 0
	for _, r := range l.Rows {
		if !r.Off {
			n++
		}
	}
	return n
}
