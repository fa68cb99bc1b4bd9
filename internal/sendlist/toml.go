package sendlist

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"sockeye"
	"sockeye/internal/checksum"
)

// version is that of the file; a larger one is from a later Sockeye.
const version = 1

// file is a list as TOML has it. Its words are those that Row explains.
type file struct {
	Version int       `toml:"version"`
	Name    string    `toml:"name"`
	Times   *int      `toml:"times"`
	Rows    []fileRow `toml:"row"`
}

type fileRow struct {
	Name     string `toml:"name"`
	Text     string `toml:"text"`
	Hex      string `toml:"hex"`
	Charset  string `toml:"charset"`
	Checksum string `toml:"checksum"`
	LineEnd  string `toml:"line_end"`
	Delay    string `toml:"delay"`
	Repeat   int    `toml:"repeat"`
	Enabled  *bool  `toml:"enabled"`
	To       string `toml:"to"`
}

var fileKeys = []string{"version", "name", "times", "row", "text", "hex", "charset", "checksum", "line_end", "delay", "repeat", "enabled", "to"}

// ParseTOML reads a list from a file. A key that it does not know is an error, with
// the nearest one that it does. The rows are not parsed yet: see Templates.
func ParseTOML(text string) (*List, error) {
	var f file
	meta, err := toml.Decode(text, &f)
	if err != nil {
		return nil, badTOML(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		name := unknown[0][len(unknown[0])-1]
		hint := sockeye.Text{En: "the keys are " + strings.Join(fileKeys, ", "), Zh: "可用的键：" + strings.Join(fileKeys, "、")}
		for _, key := range fileKeys {
			if checksum.Near(name, key) {
				hint = sockeye.Text{En: "did you mean " + key + "?", Zh: "是否要写 " + key + "？"}
			}
		}
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: "list", Message: sockeye.Text{
			En: "unknown key " + strconv.Quote(unknown[0].String()), Zh: "未知的键 " + strconv.Quote(unknown[0].String())}, Hint: hint}
	}
	if f.Version > version || f.Version < 0 {
		return nil, bad("list", fmt.Sprintf("version %d is from a later Sockeye", f.Version), fmt.Sprintf("版本 %d 来自更新的 Sockeye", f.Version), "update Sockeye", "请升级 Sockeye")
	}
	l := &List{Name: f.Name, Times: 1}
	if f.Times != nil {
		l.Times = *f.Times
	}
	for i, r := range f.Rows {
		row, err := r.row()
		if err != nil {
			return nil, inRow(i, err)
		}
		l.Rows = append(l.Rows, row)
	}
	return l, l.bounds()
}

func badTOML(err error) error {
	e := &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: "list", Err: err, Message: sockeye.Text{En: err.Error()},
		Hint: sockeye.Text{En: "a list is TOML: [[row]], then text = 'AT\\r\\n'", Zh: "列表是 TOML 文件：先写 [[row]]，再写 text = 'AT\\r\\n'"}}
	if at, ok := errors.AsType[toml.ParseError](err); ok {
		e.Message = sockeye.Text{En: fmt.Sprintf("line %d, column %d: %s", at.Position.Line, at.Position.Col, at.Message), Zh: fmt.Sprintf("第 %d 行第 %d 列：%s", at.Position.Line, at.Position.Col, at.Message)}
	}
	return e
}

func (f fileRow) row() (Row, error) {
	r := Row{Name: f.Name, Text: f.Text, Charset: f.Charset, Checksum: f.Checksum, LineEnd: f.LineEnd, Repeat: f.Repeat, To: f.To}
	if f.Text != "" && f.Hex != "" {
		return r, bad("", "both text and hex", "text 与 hex 不能同时使用", "hex in text is {{hex:01 03}}", "在文本中写十六进制用 {{hex:01 03}}")
	}
	if f.Hex != "" {
		r.Text, r.Hex = f.Hex, true
	}
	r.Off = f.Enabled != nil && !*f.Enabled
	var err error
	r.Delay, err = parseDelay(f.Delay)
	return r, err
}

func parseDelay(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, bad("", fmt.Sprintf("%q is not a time", s), fmt.Sprintf("%q 不是时间", s), "write 500ms, 2s or 1m", "写成 500ms、2s 或 1m")
	}
	return d, nil
}

// TOML is the list as a file that ParseTOML reads back.
func (l *List) TOML() string {
	var b strings.Builder
	b.WriteString("# A send list of Sockeye: sockeye connect ADDRESS --send-list FILE\n")
	fmt.Fprintf(&b, "version = %d\n", version)
	if l.Name != "" {
		fmt.Fprintf(&b, "name = %s\n", quoted(l.Name))
	}
	comment := ""
	if l.Times == 0 {
		comment = " # for ever"
	}
	fmt.Fprintf(&b, "times = %d%s\n", l.Times, comment)
	for _, r := range l.Rows {
		b.WriteString("\n[[row]]\n")
		kind := "text"
		if r.Hex {
			kind = "hex"
		}
		for _, kv := range [][2]string{{"name", r.Name}, {kind, r.Text}, {"charset", r.Charset}, {"checksum", r.Checksum}, {"line_end", r.LineEnd}, {"to", r.To}} {
			if kv[1] != "" {
				fmt.Fprintf(&b, "%s = %s\n", kv[0], quoted(kv[1]))
			}
		}
		if r.Delay != 0 {
			fmt.Fprintf(&b, "delay = %q\n", r.Delay)
		}
		if r.Repeat != 0 {
			fmt.Fprintf(&b, "repeat = %d\n", r.Repeat)
		}
		if r.Off {
			b.WriteString("enabled = false\n")
		}
	}
	return b.String()
}

// quoted is a TOML string: in single quotes, where escapes stay as they are typed,
// if it can be.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '\'' || r < ' ' && r != '\t' || r == 0x7f || r == '\uFFFD' }) {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
