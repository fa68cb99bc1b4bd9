package workspace

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/schedule"
)

// List is a list of payloads that are sent one after another.
type List struct {
	// Times is how often the whole list is sent: once if it is not said, for ever for 0.
	Times *int  `toml:"times,omitempty" json:"times,omitempty"`
	Rows  []Row `toml:"row,omitempty" json:"row,omitempty"`
}

// Row is one payload of a list: exactly one of Text, Hex and Payload, the name of a
// saved one.
type Row struct {
	Name    string `toml:"name,omitempty" json:"name,omitempty"`
	Text    string `toml:"text,omitempty" json:"text,omitempty"`
	Hex     string `toml:"hex,omitempty" json:"hex,omitempty"`
	Payload string `toml:"payload,omitempty" json:"payload,omitempty"`
	// Charset, Checksum and LineEnd ("lf", "crlf", "cr") are of the message.
	Charset  string `toml:"charset,omitempty" json:"charset,omitempty"`
	Checksum string `toml:"checksum,omitempty" json:"checksum,omitempty"`
	LineEnd  string `toml:"line_ending,omitempty" json:"line_ending,omitempty" alias:"line_end"`
	// Prefix and Suffix are put around it: prefix, message, checksum, suffix, line end.
	Prefix string `toml:"prefix,omitempty" json:"prefix,omitempty"`
	Suffix string `toml:"suffix,omitempty" json:"suffix,omitempty"`
	// Delay is the time from this message until the next: one time, no range.
	Delay rule.DurationRange `toml:"delay,omitzero" json:"delay,omitzero"`
	// Repeat is how often the row is sent before the next; 0 is once.
	Repeat int `toml:"repeat,omitempty" json:"repeat,omitempty"`
	// Enabled is false for a row that is kept but not sent.
	Enabled *bool `toml:"enabled,omitempty" json:"enabled,omitempty"`
	// To names peers as sockeye.Peer.Answers, with spaces between; "" is all.
	To string `toml:"to,omitempty" json:"to,omitempty"`
}

// SendList is a list of the file with its saved payloads looked up. The error joins what
// is wrong, each a *schedule.ListFault.
func (f *File) SendList(name string) (*schedule.List, error) {
	l, ok := f.Lists[name]
	if !ok {
		return nil, unknownName("list", name, f.Lists)
	}
	return f.resolve(name, l, new(namedBytes))
}

// Resolve is SendList for a list that need not be of the file; its saved payloads
// are the file's.
func (f *File) Resolve(name string, l List) (*schedule.List, error) {
	return f.resolve(name, l, new(namedBytes))
}

func (f *File) resolve(name string, l List, named *namedBytes) (*schedule.List, error) {
	out := &schedule.List{Name: name, Times: 1, Rows: make([]schedule.Row, len(l.Rows))}
	if l.Times != nil {
		out.Times = *l.Times
	}
	wrong := out.Bounds()
	for n, r := range l.Rows[:min(len(l.Rows), schedule.MaxRows)] {
		row, found := f.row(r, named)
		for _, fault := range found {
			wrong = append(wrong, schedule.InRow(n, fault))
		}
		if out.Rows[n] = row; len(wrong) >= maxProblems {
			break
		}
	}
	if len(wrong) >= maxProblems {
		rest := schedule.FaultIn("", notAll)
		wrong = append(wrong[:maxProblems], rest)
	}
	if err := schedule.JoinFaults(wrong); err != nil {
		return nil, err
	}
	return out, nil
}

// row is a row of a list with its saved payload looked up, and what is wrong with it, by
// the fields of the row as it is written.
func (f *File) row(r Row, named *namedBytes) (out schedule.Row, wrong []*schedule.ListFault) {
	out = schedule.Row{Name: r.Name, Text: r.Text, Charset: r.Charset, Checksum: r.Checksum, LineEnd: r.LineEnd, Prefix: r.Prefix, Suffix: r.Suffix,
		Delay: r.Delay.Min, Repeat: r.Repeat, Off: r.Enabled != nil && !*r.Enabled, To: r.To}
	if r.Hex != "" {
		out.Text, out.Hex = r.Hex, true
	}
	field, err := f.content(r, &out, named)
	if err != nil {
		wrong = append(wrong, schedule.FaultIn(field, err))
		out.Text = ""
	}
	for _, fault := range out.Faults() {
		isText := fault.Field == "text" || fault.Field == "hex"
		if isText && err != nil {
			continue // it is told of already
		}
		if r.Payload != "" && (isText || !r.says(fault.Field)) {
			fault = schedule.FaultIn("payload", fault.Err)
		}
		wrong = append(wrong, fault)
	}
	if r.Delay.Min != r.Delay.Max {
		wrong = slices.DeleteFunc(wrong, func(fault *schedule.ListFault) bool { return fault.Field == "delay" })
		wrong = append(wrong, schedule.FaultIn("delay", problem("the delay of a row is one time, not %s", "行的间隔是一个时间，不能是 %s", "write 500ms, 2s or 1m", "写成 500ms、2s 或 1m", r.Delay)))
	}
	return out, wrong
}

// content is what a row sends: its own text, or the saved payload that it names. An error
// comes with the field that it is about.
func (f *File) content(r Row, out *schedule.Row, named *namedBytes) (field string, err error) {
	written := 0
	for _, s := range []string{r.Text, r.Hex, r.Payload} {
		if s != "" {
			written++
		}
	}
	if written != 1 {
		return "", problem("a row needs one of text, hex and payload", "每行需要 text、hex、payload 之一", "", "")
	}
	if r.Payload == "" {
		return "", nil
	}
	p, ok := f.Payloads[r.Payload]
	if !ok {
		return "payload", unknownName("payload", r.Payload, f.Payloads)
	}
	if err := named.add(p); err != nil {
		return "payload", err
	}
	out.Text, out.Hex = p.Text+p.Hex, p.Hex != ""
	out.Charset, out.Checksum, out.LineEnd = cmp.Or(r.Charset, p.Charset), cmp.Or(r.Checksum, p.Checksum), cmp.Or(r.LineEnd, p.LineEnd)
	out.Prefix, out.Suffix = cmp.Or(r.Prefix, p.Prefix), cmp.Or(r.Suffix, p.Suffix)
	return "", nil
}

// says reports whether a field of a row's payload is written in the row itself.
func (r Row) says(field string) bool {
	switch field {
	case "charset":
		return r.Charset != ""
	case "checksum":
		return r.Checksum != ""
	case "line_ending":
		return r.LineEnd != ""
	case "prefix":
		return r.Prefix != ""
	case "suffix":
		return r.Suffix != ""
	}
	return true
}

// ListOf is a list as a file has it.
func ListOf(l *schedule.List) List {
	out := List{Times: &l.Times, Rows: make([]Row, len(l.Rows))}
	for n, r := range l.Rows {
		row := Row{Name: r.Name, Text: r.Text, Charset: r.Charset, Checksum: r.Checksum, LineEnd: r.LineEnd, Prefix: r.Prefix, Suffix: r.Suffix,
			Delay: rule.DurationRange{Min: r.Delay, Max: r.Delay}, Repeat: r.Repeat, To: r.To}
		if r.Hex {
			row.Text, row.Hex = "", r.Text
		}
		if r.Off {
			row.Enabled = new(bool)
		}
		out.Rows[n] = row
	}
	return out
}

// lists checks all lists. Those that are sound are given back.
func (c *checker) lists() map[string]*schedule.List {
	sound := map[string]*schedule.List{}
	for _, name := range keys(c.file.Lists) {
		if c.isFull() {
			break
		}
		whole, err := c.file.resolve(name, c.file.Lists[name], &c.named)
		if err == nil {
			sound[name] = whole
			continue
		}
		for _, one := range sockeye.SplitErrors(err) {
			at := []any{"lists", name}
			fault, ok := errors.AsType[*schedule.ListFault](one)
			if ok && fault.Row != schedule.WholeList {
				at = append(at, "row", fault.Row)
			}
			if ok && fault.Field != "" {
				at = append(at, fault.Field)
			}
			if !c.isUnfit(at) {
				c.add(one, fmt.Sprintf("lists.%s: %s", name, sockeye.ErrorOf(one).Target), at...)
			}
		}
	}
	return sound
}

// listOf is the list that an endpoint sends, or nil. What is wrong with the list
// itself is told elsewhere.
func (c *checker) listOf(e Endpoint, lists map[string]*schedule.List, wrong func(error, string)) *schedule.List {
	if e.Send == "" {
		return nil
	}
	if _, ok := c.file.Lists[e.Send]; !ok {
		wrong(unknownName("list", e.Send, c.file.Lists), "send")
	}
	l := lists[e.Send]
	if l != nil {
		if err := l.Sendable(); err != nil {
			wrong(err, "send")
		}
	}
	return l
}

// FormatList is a file with one list in it, and with the saved payloads that it
// names. Parse reads it as it was.
func (f *File) FormatList(name string, l List) string {
	out := File{Version: Version, Payloads: map[string]Payload{}, Lists: map[string]List{name: l}}
	for _, r := range l.Rows {
		if p, ok := f.Payloads[r.Payload]; ok {
			out.Payloads[r.Payload] = p
		}
	}
	n := out.tree()
	return "# A list of Sockeye: sockeye connect ADDRESS --send-list FILE\n" + n.lines() + n.sections()
}
