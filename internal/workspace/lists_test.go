package workspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A list's own file reads as a person would have written it, and as the list it was.
func TestFormatList(t *testing.T) {
	const want = `# A list of Sockeye: sockeye connect ADDRESS --send-list FILE
sockeye = 2

[payloads]
query = { hex = "01 03 {{crc16modbus}}", line_ending = "lf", prefix = '\x02', suffix = '\x03' }

[lists."it's"]
times = 0

[[lists."it's".row]]
text = 'AT\r\n'
delay = "500ms"
repeat = 2
to = "#3 board"

[[lists."it's".row]]
name = "it's\u0007"
hex = "01 03"
charset = "gbk"
checksum = "sum8"
enabled = false

[[lists."it's".row]]
payload = "query"
charset = "gbk"
`
	f, err := Parse([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, f.FormatList("it's", f.Lists["it's"])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	l, err := f.SendList("it's")
	if err != nil || l.Name != "it's" || l.Times != 0 || l.Rows[2].Text != "01 03 {{crc16modbus}}" || !l.Rows[2].Hex || !l.Rows[1].Off || l.Rows[2].LineEnd != "lf" || l.Rows[2].Prefix != `\x02` || l.Rows[2].Suffix != `\x03` || l.Rows[2].Charset != "gbk" {
		t.Errorf("%+v, %v", l, err)
	}
	back, err := f.Resolve("it's", ListOf(l))
	if diff := cmp.Diff(l, back); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := f.SendList("its"); err == nil || !strings.Contains(sockeye.ErrorOf(err).Hint.En, "it's") {
		t.Errorf("%v", err)
	}
}
