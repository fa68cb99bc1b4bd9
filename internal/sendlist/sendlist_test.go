package sendlist

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
func TestPlan(t *testing.T) {
	l := some()
	if _, err := l.Templates(); err != nil {
		t.Fatal(err)
	}
	var got []Step
	for p := l.Plan(); ; {
		s, ok := p.Next()
		if !ok {
			break
		}
		got = append(got, s)
	}
	want := []Step{
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
	p := l.Plan()
	for i := range 1_000_000 {
		if s, ok := p.Next(); !ok || s.Due != time.Duration(i)*10*ms || s.Round != i {
			t.Fatalf("step %d: %v, %v", i, s, ok)
		}
	}
	if l.Steps() != 0 {
		t.Errorf("%d steps", l.Steps())
	}
}

func TestListFaults(t *testing.T) {
	for _, c := range []struct {
		list List
		en   string
	}{
		{List{Times: 1}, "the list has no row to send"},
		{List{Times: 1, Rows: []Row{{Text: "x", Off: true}}}, "the list has no row to send"},
		{List{Rows: []Row{{Text: "x"}}}, "a list that is sent for ever needs a pause"},
		{List{Times: -1, Rows: []Row{{Text: "x"}}}, "-1 is not how often a list is sent"},
		{List{Times: 1, Rows: []Row{{Text: "x"}, {Text: "a{{sequ}}"}}}, `row 2: "a{{sequ}}": column 4: unknown field "sequ"`},
		{List{Times: 1, Rows: []Row{{Text: "x", Off: true, Charset: "klingon"}}}, `row 1: "klingon": is not a charset`},
		{List{Times: 1, Rows: []Row{{Text: "x", Delay: -1}}}, "row 1: a delay of -1ns"},
		{List{Times: 1, Rows: []Row{{Text: "x", Repeat: -1}}}, "row 1: -1 is not how often a row is sent"},
		{List{Times: 1, Rows: []Row{{Text: "x", LineEnd: "lfcr"}}}, `row 1: "lfcr": is not a line end`},
	} {
		_, err := c.list.Templates()
		e := sockeye.ErrorOf(err)
		if e == nil || e.Message.En != c.en || e.Message.Zh == "" || e.Hint.Zh == "" || e.Kind != sockeye.Invalid {
			t.Errorf("%v: %+v, want %q", c.list, e, c.en)
		}
	}
}

// A list comes back from a file and from a table as it was.
func TestThereAndBack(t *testing.T) {
	l := some()
	back, err := Parse("boot.toml", l.TOML())
	if err != nil {
		t.Fatalf("%v:\n%s", err, l.TOML())
	}
	if diff := cmp.Diff(&l, back); diff != "" {
		t.Errorf("TOML (-want +got):\n%s", diff)
	}
	l.Name, l.Times = "", 1
	for i := range l.Rows {
		l.Rows[i].Repeat = max(1, l.Rows[i].Repeat)
	}
	if back, err = Parse("boot.CSV", l.CSV()); err != nil {
		t.Fatalf("%v:\n%s", err, l.CSV())
	}
	if diff := cmp.Diff(&l, back); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestTOMLReadsAsWritten(t *testing.T) {
	l := List{Name: "it's", Times: 0, Rows: []Row{{Text: `AT\r\n`, Delay: 500 * ms}, {Text: "01 03", Hex: true, Off: true}}}
	want := `# A send list of Sockeye: sockeye connect ADDRESS --send-list FILE
version = 1
name = "it's"
times = 0 # for ever

[[row]]
text = 'AT\r\n'
delay = "500ms"

[[row]]
hex = '01 03'
enabled = false
`
	if diff := cmp.Diff(want, l.TOML()); diff != "" {
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

func TestParseFaults(t *testing.T) {
	for _, c := range []struct{ name, text, en, hint string }{
		{"a.toml", "[[row]]\ntext = 'x'\ndealy = '1s'", `unknown key "row.dealy"`, "did you mean delay?"},
		{"a.toml", "[[row]]\ntext = x", "line 2, column 8: ", "[[row]]"},
		{"a.toml", "version = 9", "version 9 is from a later Sockeye", ""},
		{"a.toml", "[[row]]\ntext = 'x'\nhex = '01'", "row 1: both text and hex", ""},
		{"a.toml", "[[row]]\ntext = 'x'\ndelay = 'soon'", `row 1: "soon" is not a time`, "500ms"},
		{"a.csv", "", "not a table: EOF", ""},
		{"a.csv", "a,b\n1,2", "the table has no column payload", "payload"},
		{"a.csv", "payload,enabled\nx,maybe", `row 1: "maybe" is neither true nor false`, ""},
		{"a.csv", "payload,repeat\nx,many", `row 1: "many" is not a number`, ""},
		{"a.csv", "payload,kind\nx,binary", `row 1: "binary" is not a kind of payload`, ""},
		{"a.csv", "payload\n\"x", "not a table: ", ""},
	} {
		l, err := Parse(c.name, c.text)
		e := sockeye.ErrorOf(err)
		if e == nil || !strings.HasPrefix(e.Message.En, c.en) || !strings.Contains(e.Hint.En, c.hint) {
			t.Errorf("%q: %v, %+v", c.text, l, e)
		}
	}
	l, err := ParseCSV("\uFEFFEnabled,Payload,Delay\r\nFALSE,AT,1s\r\nTRUE,01\r\n")
	if diff := cmp.Diff(&List{Times: 1, Rows: []Row{{Text: "AT", Off: true, Delay: time.Second}, {Text: "01"}}}, l); diff != "" || err != nil {
		t.Errorf("as Excel saves it: %v\n%s", err, diff)
	}
}

func FuzzParse(f *testing.F) {
	l := some()
	f.Add("a.toml", l.TOML())
	f.Add("a.csv", l.CSV())
	f.Add("a.toml", "[[row]]\ntext = '''\nx'''\n[row]")
	f.Fuzz(func(t *testing.T, name, text string) {
		l, err := Parse(name, text)
		if err != nil {
			if e := sockeye.ErrorOf(err); e.Kind != sockeye.Invalid || e.Message.IsZero() {
				t.Errorf("%q: %+v", text, e)
			}
			return
		}
		back, err := ParseTOML(l.TOML())
		if err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, l.TOML())
		}
		if back.TOML() != l.TOML() {
			t.Errorf("%q is written as\n%s\nand then as\n%s", text, l.TOML(), back.TOML())
		}
		if _, err := l.Templates(); err == nil {
			p := l.Plan()
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
