package api

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/workspace"
)

// withBoard serves a session with a board that the workbench knows of.
func withBoard(t *testing.T) (*served, io.Reader) {
	t.Helper()
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].State == "connected" })
	return v, b
}

func reads(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}

// One message again and again is a run of one row; it ends by itself, or when it is
// stopped.
func TestRunsOfOneMessage(t *testing.T) {
	v, b := withBoard(t)
	r := ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Data: []byte("ab"), EveryMS: 1, Times: 20})
	reads(t, b, strings.Repeat("ab", 20))
	plain := &Payload{Kind: "text", Text: `\n{{seq}}`, LineEnding: "crlf", Checksum: &Checksum{Name: "sum8", From: 1}}
	ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Payload: plain, EveryMS: 1, Times: 1})
	reads(t, b, "\\n{{seq}}\xa7\r\n")
	forever := ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{To: []uint64{1}, Data: []byte("c"), EveryMS: 1.5})
	reads(t, b, "ccc")
	stopped := ask[Run](v, "DELETE", "/api/v1/sessions/s1/runs/"+forever.ID, nil)
	if stopped.Running || stopped.ID != forever.ID || stopped.Messages < 3 || stopped.Total != 0 || stopped.EveryMS != 1.5 || len(stopped.To) != 1 || stopped.All {
		t.Errorf("%+v", stopped)
	}
	list := ask[Runs](v, "GET", "/api/v1/sessions/s1/runs", nil).Runs
	if len(list) != 3 || list[0].ID != r.ID || list[0].Messages != 20 || list[0].Steps != 20 || list[0].Total != 20 || list[0].Bytes != 40 || list[0].Running || !list[0].All {
		t.Errorf("%+v", list)
	}
	v.failing(404, "DELETE", "/api/v1/sessions/s1/runs/r9", nil)
	v.failing(404, "POST", "/api/v1/sessions/s1/runs", StartRun{To: []uint64{9}, Data: []byte("c"), EveryMS: 1})
	v.failing(400, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, EveryMS: 1})
	ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
	v.failing(409, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Data: []byte("c"), EveryMS: 1})
}

func rows() (l workspace.List) {
	err := json.Unmarshal([]byte(`{"times": 2, "row": [
		{"name": "hello", "text": "AT\\r\\n", "line_end": "crlf"},
		{"hex": "01 03", "checksum": "crc16modbus", "delay": "1ms", "repeat": 2, "to": "#1"},
		{"name": "=off", "text": "off", "enabled": false}]}`), &l)
	if err != nil {
		panic(err)
	}
	return l
}

// A list is sent as it says; what is wrong with it is said with its row.
func TestRunsOfLists(t *testing.T) {
	v, b := withBoard(t)
	r := ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Name: "boot", List: new(rows())})
	round := "AT\r\n" + strings.Repeat("\x01\x03\x40\x21", 2)
	reads(t, b, round+round)
	if r.Name != "boot" || r.Rows != 3 || r.Times != 2 || r.Total != 6 {
		t.Errorf("%+v", r)
	}
	file := "sockeye = 2\n[variables]\nwho = \"you\"\n[payloads]\nhi = { text = 'hi {{var.who}}', line-end = \"lf\" }\n"
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Text: &file})
	hi := workspace.List{Rows: []workspace.Row{{Payload: "hi"}}}
	ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{To: []uint64{1}, List: &hi})
	reads(t, b, "hi you\n")
	if text := ask[ListText](v, "POST", "/api/v1/lists/export", ExportList{Name: "a", Format: "toml", List: hi}).Text; !strings.Contains(text, `hi = { text = "hi {{var.who}}", line_ending = "lf" }`) {
		t.Errorf("%s", text)
	}
	reads(t, b, sentRow(v, Send{All: true, Row: &workspace.Row{Payload: "hi", LineEnd: "cr"}}))
	reads(t, b, sentRow(v, Send{Row: &workspace.Row{Hex: "30 31", To: "#1", Delay: hi.Rows[0].Delay, Enabled: new(false)}}))
	for _, in := range []Send{{All: true, Row: &workspace.Row{}}, {All: true, Row: &workspace.Row{Text: "x"}, Data: []byte("x")}, {Row: &workspace.Row{Text: "x"}}} {
		v.failing(400, "POST", "/api/v1/sessions/s1/send", in)
	}
	v.failing(404, "POST", "/api/v1/sessions/s1/send", Send{All: true, Row: &workspace.Row{Text: "x", To: "nobody"}})
	for _, c := range []struct {
		row             workspace.Row
		target, message string
	}{
		{workspace.Row{}, "list.row[1]", "a row needs one of"},
		{workspace.Row{Text: "{{sq}}"}, "list.row[1].text", "column 3"},
		{workspace.Row{Hex: "0"}, "list.row[1].hex", "single digit"},
		{workspace.Row{Payload: "x"}, "list.row[1].payload", "there is no payload"},
		{workspace.Row{Text: "x", Charset: "klingon"}, "list.row[1].charset", "is not a charset"},
	} {
		l := workspace.List{Rows: []workspace.Row{{Text: "x"}, c.row}}
		if f := v.failing(400, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, List: &l}); f.Target != c.target || !strings.Contains(f.Message, c.message) {
			t.Errorf("%+v: %+v", c.row, f)
		}
	}
	for _, in := range []StartRun{{All: true, List: &workspace.List{}}, {All: true, List: new(rows()), EveryMS: 1}, {List: new(rows())}} {
		v.failing(400, "POST", "/api/v1/sessions/s1/runs", in)
	}
}

func sentRow(v *served, in Send) string {
	return string(ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", in).Data)
}

// A list goes to a file and comes back the same, and a table of it has no formulas.
func TestListFiles(t *testing.T) {
	v := serve(t)
	toml := ask[ListText](v, "POST", "/api/v1/lists/export", ExportList{Name: "boot up", Format: "toml", List: rows()})
	if !strings.Contains(toml.Text, "[[lists.\"boot up\".row]]\nname = \"hello\"\ntext = 'AT\\r\\n'\n") {
		t.Errorf("%s", toml.Text)
	}
	back := ask[Lists](v, "POST", "/api/v1/lists/parse", toml)
	if diff := cmp.Diff(map[string]workspace.List{"boot up": rows()}, back.Lists); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table := ask[ListText](v, "POST", "/api/v1/lists/export", ExportList{Name: "t", Format: "csv", List: rows()})
	if !strings.Contains(table.Text, "\n'=off,false,text,off,") {
		t.Errorf("%s", table.Text)
	}
	want := rows()
	once, one := 1, 1
	want.Times = &once // a table does not say how often
	want.Rows[0].Repeat, want.Rows[2].Repeat = one, one
	if diff := cmp.Diff(map[string]workspace.List{"t": want}, ask[Lists](v, "POST", "/api/v1/lists/parse", table).Lists); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	saved := ListText{Format: "toml", Text: "sockeye = 2\n[payloads]\nq = { hex = '01' }\n[[lists.a.row]]\npayload = 'q'\n"}
	if got := ask[Lists](v, "POST", "/api/v1/lists/parse", saved).Lists["a"]; got.Rows[0].Hex != "01" || got.Rows[0].Payload != "" {
		t.Errorf("a saved payload is not written out: %+v", got)
	}
	for _, c := range []struct {
		in     ListText
		target string
	}{
		{ListText{Format: "xml"}, "format"},
		{ListText{Format: "toml", Text: "x"}, "line 1, column 1"},
		{ListText{Format: "toml", Text: "sockeye = 2\n[[lists.a.row]]\ntext = 'x'\n[[lists.a.row]]\nhex = '0'"}, "line 5: lists.a: row 2: hex"},
		{ListText{Format: "csv", Text: "payload,delay\nx,1s\nx,soon"}, "row 2: delay"},
		{ListText{Format: "csv", Text: "payload\nx\n{{sq}}"}, "row 2: payload"},
	} {
		if f := v.failing(400, "POST", "/api/v1/lists/parse", c.in); f.Target != c.target {
			t.Errorf("%+v: %+v", c.in, f)
		}
	}
}
