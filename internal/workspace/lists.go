package workspace

import (
	"cmp"
	"errors"
	"fmt"

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
// is wrong, each a *sockeye.Error whose target is the list, or one of its rows: "row 2".
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
	out := &schedule.List{Name: name, Times: 1}
	if l.Times != nil {
		out.Times = *l.Times
	}
	if len(l.Rows) > schedule.MaxRows {
		out.Rows = make([]schedule.Row, len(l.Rows)) // for Bounds to see
	}
	if err := out.Bounds(); err != nil {
		return nil, err
	}
	out.Rows = make([]schedule.Row, len(l.Rows))
	var problems []error
	for n, r := range l.Rows {
		var err error
		if out.Rows[n], err = f.row(r, named); err == nil {
			_, err = out.Rows[n].Template()
		}
		if err == nil {
			continue
		}
		if problems = append(problems, schedule.InRow(n, err)); len(problems) == maxProblems {
			break
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return out, nil
}

func (f *File) row(r Row, named *namedBytes) (schedule.Row, error) {
	out := schedule.Row{Name: r.Name, Text: r.Text, Charset: r.Charset, Checksum: r.Checksum, LineEnd: r.LineEnd, Prefix: r.Prefix, Suffix: r.Suffix,
		Delay: r.Delay.Min, Repeat: r.Repeat, Off: r.Enabled != nil && !*r.Enabled, To: r.To}
	written := 0
	for _, s := range []string{r.Text, r.Hex, r.Payload} {
		if s != "" {
			written++
		}
	}
	switch {
	case written != 1:
		return out, problem("a row needs one of text, hex and payload", "每行需要 text、hex、payload 之一", "", "")
	case r.Delay.Min != r.Delay.Max:
		return out, problem("the delay of a row is one time, not %s", "行的间隔是一个时间，不能是 %s", "write 500ms, 2s or 1m", "写成 500ms、2s 或 1m", r.Delay)
	case r.Hex != "":
		out.Text, out.Hex = r.Hex, true
	case r.Payload != "":
		p, ok := f.Payloads[r.Payload]
		if !ok {
			return out, unknownName("payload", r.Payload, f.Payloads)
		}
		if err := named.add(p); err != nil {
			return out, err
		}
		out.Text, out.Hex = p.Text+p.Hex, p.Hex != ""
		out.Charset, out.Checksum, out.LineEnd = cmp.Or(r.Charset, p.Charset), cmp.Or(r.Checksum, p.Checksum), cmp.Or(r.LineEnd, p.LineEnd)
		out.Prefix, out.Suffix = cmp.Or(r.Prefix, p.Prefix), cmp.Or(r.Suffix, p.Suffix)
	}
	return out, nil
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
		for _, one := range split(err) {
			target, at := "lists."+name, []any{"lists", name}
			row := 0
			if n, _ := fmt.Sscanf(sockeye.ErrorOf(one).Target, "row %d", &row); n == 1 {
				target, at = fmt.Sprintf("lists.%s: row %d", name, row), append(at, "row", row-1)
			}
			c.add(one, target, at...)
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
