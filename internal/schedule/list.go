// Package schedule sends by the clock: lists of payloads, when each of their messages is
// due, and the runs that send them. It opens no connection: whoever starts a run says how
// a message is sent.
package schedule

import (
	"fmt"
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

// Options are how the row's text becomes bytes.
func (r Row) Options() (payload.ParseOptions, error) {
	o := payload.ParseOptions{Hex: r.Hex, Plain: r.Plain, Prefix: r.Prefix, Suffix: r.Suffix}
	var err error
	if o.Charset, err = payload.ParseCharset(r.Charset); err != nil {
		return o, err
	}
	if r.Checksum != "" {
		if o.Trailer, err = checksum.ParseTrailer(r.Checksum); err != nil {
			return o, err
		}
	}
	o.LineEnd, err = LineEnd(r.LineEnd)
	return o, err
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

// Template checks the row and parses its payload.
func (r Row) Template() (*payload.Template, error) {
	if err := r.bounds(); err != nil {
		return nil, err
	}
	return r.Parse()
}

// Parse parses the payload of a row, which may be empty and need not be fit for a list.
func (r Row) Parse() (*payload.Template, error) {
	o, err := r.Options()
	if err != nil {
		return nil, err
	}
	return payload.Parse(r.Text, o)
}

// Templates checks the list and parses its rows; one that is off has nil. The error
// is a *sockeye.Error whose target is the row, counted from 1: "row 2".
func (l *List) Templates() ([]*payload.Template, error) {
	if err := l.Bounds(); err != nil {
		return nil, err
	}
	all := make([]*payload.Template, len(l.Rows))
	for i, r := range l.Rows {
		t, err := r.Template()
		if err != nil {
			return nil, InRow(i, err)
		}
		if !r.Off {
			all[i] = t
		}
	}
	return all, l.Sendable()
}

// Sendable says what keeps a list whose rows are sound from being sent.
func (l *List) Sendable() error {
	round, messages := time.Duration(0), 0
	for _, r := range l.Rows {
		if !r.Off {
			messages += max(1, r.Repeat)
			round += min(r.Delay, MinRound)
		}
	}
	switch {
	case messages == 0:
		return bad(l.Name, "the list has no row to send", "列表中没有要发送的行", "switch a row on", "请启用至少一行")
	case l.Times == 0 && round < MinRound:
		return bad(l.Name, "a list that is sent for ever needs a pause", "无限循环的列表需要有间隔", "give a row a delay, or the list a number of times", "请给某一行设置间隔，或限定循环次数")
	case l.Times > 0 && messages > MaxTimes/l.Times:
		return bad(l.Name, fmt.Sprintf("more than %d messages", MaxTimes), fmt.Sprintf("超过 %d 条消息", MaxTimes), "send it less often, or for ever: times = 0", "请减少次数，或无限循环：times = 0")
	}
	return nil
}

// Bounds checks how many rows the list has, and how often it is sent.
func (l *List) Bounds() error {
	switch {
	case l.Times < 0 || l.Times > MaxTimes:
		return bad(l.Name, fmt.Sprintf("%d is not how often a list is sent", l.Times), fmt.Sprintf("循环次数不能是 %d", l.Times), "write 1 or more; 0 is for ever", "请写 1 以上的数；0 表示无限循环")
	case len(l.Rows) > MaxRows:
		return bad(l.Name, fmt.Sprintf("more than %d rows", MaxRows), fmt.Sprintf("超过 %d 行", MaxRows), "split the list", "请拆成多个列表")
	}
	return nil
}

func (r Row) bounds() error {
	switch {
	case r.Text == "":
		return bad("", "there is nothing to send", "没有要发送的内容", "write a payload", "请填写数据")
	case r.Delay < 0 || r.Delay > MaxDelay:
		return bad("", fmt.Sprintf("a delay of %s", r.Delay), fmt.Sprintf("间隔 %s 不可用", r.Delay), "write 0 to 24h", "请写 0 到 24h")
	case r.Repeat < 0 || r.Repeat > MaxTimes:
		return bad("", fmt.Sprintf("%d is not how often a row is sent", r.Repeat), fmt.Sprintf("重复次数不能是 %d", r.Repeat), "write 1 or more", "请写 1 以上的数")
	}
	return nil
}

func bad(target, en, zh, hintEn, hintZh string) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: target, Message: sockeye.Text{En: en, Zh: zh}, Hint: sockeye.Text{En: hintEn, Zh: hintZh}}
}

// InRow says in which row, counted from 0, an error is.
func InRow(i int, err error) error {
	e := *sockeye.ErrorOf(err)
	if e.Target != "" {
		e.Message = sockeye.Text{En: e.Target + ": " + e.Reason(sockeye.English), Zh: e.Target + "：" + e.Reason(sockeye.Chinese)}
	}
	e.Op, e.Target = "parse", fmt.Sprintf("row %d", i+1)
	return &e
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
