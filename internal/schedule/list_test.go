package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const ms = time.Millisecond

func some() List {
	return List{Name: "boot", Times: 2, Rows: []Row{
		{Name: "hello", Text: `AT\r\n`, Delay: 500 * ms, Repeat: 2},
		{Text: "01 03 {{seq:u8}}", Hex: true, Checksum: "crc16modbus", Delay: 10 * ms, To: "#3 board"},
		{Text: "off", Off: true, Delay: time.Hour, Repeat: 99},
		{Name: "it's", Text: "=你好\x01 'a' \"b\"\n-- ", Charset: "gbk", LineEnd: "crlf", Repeat: 1},
	}}
}

// The steps come in order, each due when the delays before it have passed.
func TestPlanOrdersSteps(t *testing.T) {
	l := some()
	if _, err := l.Templates(); err != nil {
		t.Fatal(err)
	}
	var got []ScheduledRow
	for p := l.Playback(); ; {
		s, ok := p.Next()
		if !ok {
			break
		}
		got = append(got, s)
	}
	want := []ScheduledRow{
		{0, 0, 0, 0}, {0, 0, 1, 500 * ms}, {1, 0, 0, 1000 * ms}, {3, 0, 0, 1010 * ms},
		{0, 1, 0, 1010 * ms}, {0, 1, 1, 1510 * ms}, {1, 1, 0, 2010 * ms}, {3, 1, 0, 2020 * ms},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if l.Steps() != len(want) {
		t.Errorf("%d steps", l.Steps())
	}
}

// However long a list is sent, its times do not drift.
func TestPlanForEver(t *testing.T) {
	l := Every(Row{Text: "x"}, 10*ms, 0)
	if _, err := l.Templates(); err != nil {
		t.Fatal(err)
	}
	p := l.Playback()
	for i := range 1_000_000 {
		if s, ok := p.Next(); !ok || s.Due != time.Duration(i)*10*ms || s.Round != i {
			t.Fatalf("step %d: %v, %v", i, s, ok)
		}
	}
	if l.Steps() != 0 {
		t.Errorf("%d steps", l.Steps())
	}
}

// A list that cannot be sent is refused with the row and the reason.
func TestListFaults(t *testing.T) {
	row := func(r Row) List { return List{Times: 1, Rows: []Row{{Text: "x"}, r}} }
	for _, c := range []struct {
		list       List
		target, en string
	}{
		{List{Times: 1}, "", "the list has no row to send"},
		{List{Times: 1, Rows: []Row{{Text: "x", Off: true}}}, "", "the list has no row to send"},
		{List{Rows: []Row{{Text: "x"}}}, "", "a list that is sent for ever needs a pause"},
		{List{Times: -1, Rows: []Row{{Text: "x"}}}, "times", "-1 is not how often a list is sent"},
		{List{Times: 1000, Rows: []Row{{Text: "x", Repeat: MaxTimes}}}, "", "more than 1000000000 messages"},
		{List{Times: 1, Rows: make([]Row, MaxRows+1)}, "row", "more than 10000 rows"},
		{row(Row{Text: "a{{sequ}}"}), "row 2: text", `"a{{sequ}}": column 4: unknown field "sequ"`},
		{row(Row{Text: "x", Off: true, Charset: "klingon"}), "row 2: charset", `"klingon": is not a charset`},
		{row(Row{Text: "x", Delay: -1}), "row 2: delay", "a delay of -1ns"},
		{row(Row{Text: "x", Repeat: -1}), "row 2: repeat", "-1 is not how often a row is sent"},
		{row(Row{Text: "x", LineEnd: "lfcr"}), "row 2: line_ending", `"lfcr": is not a line end`},
		{row(Row{}), "row 2: text", "there is nothing to send"},
	} {
		_, err := c.list.Templates()
		e := sockeye.ErrorOf(err)
		if e == nil || e.Target != c.target || e.Message.En != c.en || e.Message.Zh == "" || e.Hint.Zh == "" || e.Kind != sockeye.Invalid {
			t.Errorf("%v: %+v, want %q", c.list.Rows[:min(3, len(c.list.Rows))], e, c.en)
		}
	}
}

// Issue "Faults from the field" (5): everything that is wrong with a list is told at
// once, each with its row and field.
func TestAllFaultsOfAListAreToldTogether(t *testing.T) {
	l := List{Times: -1, Rows: []Row{
		{Text: "x{{sequ}}", Charset: "klingon", Checksum: "crc99", LineEnd: "lfcr", Prefix: "{{a", Suffix: "{{b", Delay: -1, Repeat: -1},
		{Text: "fine"},
		{Text: "0", Hex: true, Charset: "klingon"},
	}}
	_, err := l.Templates()
	want := []string{"times", "row 1: delay", "row 1: repeat", "row 1: charset", "row 1: checksum", "row 1: line_ending", "row 1: text", "row 1: prefix", "row 1: suffix", "row 3: charset", "row 3: hex"}
	if diff := cmp.Diff(want, targetsOf(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = ParseCSV("payload,kind,enabled,repeat,delay,charset\nx{{sequ}},x,x,x,x,x\nx,,,,,\n0,hex,,-1,,")
	want = []string{"row 1: kind", "row 1: enabled", "row 1: repeat", "row 1: delay", "row 1: charset", "row 1: payload", "row 3: repeat", "row 3: payload"}
	if diff := cmp.Diff(want, targetsOf(err)); diff != "" {
		t.Errorf("of a table (-want +got):\n%s", diff)
	}
}

func targetsOf(err error) (targets []string) {
	joined, _ := err.(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, one := range joined.Unwrap() {
		targets = append(targets, sockeye.ErrorOf(one).Target)
	}
	return targets
}

// A prefix may name a part that the suffix marks: neither is judged alone.
func TestPrefixAndSuffixAreJudgedTogether(t *testing.T) {
	r := Row{Text: "x", Prefix: "{{len(tail):u8}}", Suffix: "{{#tail}}yz{{/tail}}"}
	if wrong := r.Faults(); len(wrong) > 0 {
		t.Error(wrong[0])
	}
}

// A list comes back from a table as it was.
func TestThereAndBack(t *testing.T) {
	l := some()
	l.Name, l.Times = "", 1
	for i := range l.Rows {
		l.Rows[i].Repeat = max(1, l.Rows[i].Repeat)
	}
	back, err := ParseCSV(l.CSV())
	if err != nil {
		t.Fatalf("%v:\n%s", err, l.CSV())
	}
	if diff := cmp.Diff(&l, back); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// T28: no cell of a table is a formula, and the apostrophe that sees to it goes
// away again.
func TestCSVHasNoFormulas(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\x00", "'=1", "''", "a,b", `"`, "x\ny"} {
		l := List{Times: 1, Rows: []Row{{Name: text, Text: text, Repeat: 1}}}
		table := l.CSV()
		for _, cell := range strings.FieldsFunc(table[strings.Index(table, "\n")+1:], func(r rune) bool { return r == ',' || r == '"' }) {
			if strings.ContainsRune("=+-@\t", rune(cell[0])) && !strings.Contains(text, ",") {
				t.Errorf("%q: the cell %q in %q", text, cell, table)
			}
		}
		back, err := ParseCSV(table)
		if err != nil || strings.ReplaceAll(back.Rows[0].Text, "\r\n", "\n") != text || back.Rows[0].Name != back.Rows[0].Text {
			t.Errorf("%q comes back as %+v, %v", text, back, err)
		}
	}
}

// A table that is no list is refused with its row, column and what to write; one that Excel
// saved is read.
func TestParseFaults(t *testing.T) {
	for _, c := range []struct{ text, target, en, hint string }{
		{"", "list", "not a table: EOF", ""},
		{"a,b\n1,2", "list", "the table has no column payload", "payload"},
		{"payload,enabled\nx,maybe", "row 1: enabled", `"maybe" is neither true nor false`, ""},
		{"payload,repeat\nx,1\nx,many", "row 2: repeat", `"many" is not a number`, ""},
		{"payload,kind\nx,binary", "row 1: kind", `"binary" is not a kind of payload`, ""},
		{"payload,delay\nx,soon", "row 1: delay", `"soon" is not a time`, "500ms"},
		{"payload\n\"x", "list", "not a table: ", ""},
	} {
		l, err := ParseCSV(c.text)
		e := sockeye.ErrorOf(err)
		if e == nil || e.Target != c.target || !strings.HasPrefix(e.Message.En, c.en) || !strings.Contains(e.Hint.En, c.hint) {
			t.Errorf("%q: %v, %+v", c.text, l, e)
		}
	}
	l, err := ParseCSV("\uFEFFEnabled,Payload,Delay\r\nFALSE,AT,1s\r\nTRUE,01\r\n")
	if diff := cmp.Diff(&List{Times: 1, Rows: []Row{{Text: "AT", Off: true, Delay: time.Second}, {Text: "01"}}}, l); diff != "" || err != nil {
		t.Errorf("as Excel saves it: %v\n%s", err, diff)
	}
}

// A list that was parsed and written out is read back, and never sends a row that is off.
func FuzzParseCSV(f *testing.F) {
	l := some()
	f.Add(l.CSV())
	f.Add("payload,delay\nx,1s\n\"'=1\",")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseCSV(text)
		if err != nil {
			if e := sockeye.ErrorOf(err); e.Kind != sockeye.Invalid || e.Message.IsZero() {
				t.Errorf("%q: %+v", text, e)
			}
			return
		}
		back, err := ParseCSV(l.CSV())
		if err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, l.CSV())
		}
		if back.CSV() != l.CSV() {
			t.Errorf("%q is written as\n%s\nand then as\n%s", text, l.CSV(), back.CSV())
		}
		if _, err := l.Templates(); err == nil {
			p := l.Playback()
			for range 100 {
				s, ok := p.Next()
				if !ok {
					break
				}
				if l.Rows[s.Row].Off {
					t.Errorf("%q: a row is sent that is off", text)
				}
			}
		}
	})
}

// A table has the name of today for line endings, and is read with the one of before.
func TestCSVReadsNamesOfBefore(t *testing.T) {
	for _, name := range []string{"line_ending", "line-ending", "line_end", "Line-End"} {
		l, err := ParseCSV("payload," + name + "\nx,crlf\n")
		if err != nil || l.Rows[0].LineEnd != "crlf" {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
	l := some()
	if head, _, _ := strings.Cut(l.CSV(), "\n"); !strings.Contains(head, ",line_ending,") {
		t.Errorf("%s", head)
	}
}
