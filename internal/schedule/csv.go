package schedule

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// columns are those of a table, in the order they are written in; one that is read
// may have them in any order, and leave out all but payload.
var columns = []string{"name", "enabled", "kind", "payload", "charset", "checksum", "line_ending", "delay", "repeat", "to"}

// CSV is the rows as a table that spreadsheets open and ParseCSV reads back (RFC
// 4180). No cell of it is a formula. Times and the list's name are not in it, and a
// CR LF inside a cell is read back as LF, as the format has it.
func (l *List) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(columns)
	for _, r := range l.Rows {
		kind := "text"
		if r.Hex {
			kind = "hex"
		}
		cells := []string{r.Name, strconv.FormatBool(!r.Off), kind, r.Text, r.Charset, r.Checksum, r.LineEnd, r.Delay.String(), strconv.Itoa(max(1, r.Repeat)), r.To}
		for i := range cells {
			cells[i] = payload.GuardCSV(cells[i])
		}
		w.Write(cells)
	}
	w.Flush()
	return b.String()
}

// IsCSV says whether a text is a table, by its first line; a workspace is not.
func IsCSV(text string) bool {
	head, err := tableReader(text).Read()
	if err != nil || strings.HasPrefix(head[0], "#") {
		return false
	}
	for _, name := range head {
		if columnName(name) == "payload" {
			return true
		}
	}
	return false
}

// tableReader reads the rows of a table, each into the memory of the one before.
func tableReader(text string) *csv.Reader {
	r := csv.NewReader(payload.BoundCSV(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	return r
}

// columnName is a cell of the first line as a column is called.
func columnName(cell string) string {
	name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(cell)), "-", "_")
	if name == "line_end" { // its name of before
		return "line_ending"
	}
	return name
}

// ParseCSV reads the rows of a table whose first line names the columns. The error joins
// every *ListFault; their fields are columns.
func ParseCSV(text string) (*List, error) {
	r := tableReader(text)
	head, err := r.Read()
	if err != nil {
		return nil, badCSV(err)
	}
	place := map[string]int{}
	for i, name := range head {
		place[columnName(name)] = i
	}
	if _, ok := place["payload"]; !ok {
		return nil, bad("list", "the table has no column payload", "表格中没有 payload 列", "its first line names the columns: "+strings.Join(columns, ","), "第一行为列名："+strings.Join(columns, ","))
	}
	l := &List{Times: 1}
	unread := map[int][]*ListFault{} // by row
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) || len(l.Rows) > MaxRows {
			return l.read(unread)
		}
		if err != nil {
			return nil, badCSV(err)
		}
		cell := func(name string) string {
			if i, ok := place[name]; ok && i < len(record) {
				return lineEnds().ReplaceAllString(payload.UnguardCSV(record[i]), "\n")
			}
			return ""
		}
		row, wrong := rowOf(cell)
		if len(wrong) > 0 {
			unread[len(l.Rows)] = wrong
		}
		l.Rows = append(l.Rows, row)
	}
}

// read is the list of a table, unless something is wrong with it or with cells that could
// not be read.
func (l *List) read(unread map[int][]*ListFault) (*List, error) {
	var all listFaults
	all.add(l.Bounds()...)
	for n, r := range l.Rows[:min(len(l.Rows), MaxRows)] {
		for _, f := range append(unread[n], r.Faults()...) {
			if f.Field == r.textField() {
				f.Field = "payload"
			}
			all.add(InRow(n, f))
		}
		if all.isFull() {
			break
		}
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return l, nil
}

// lineEnds are a line feed and what stands before it: each reading of a table would take
// one of several carriage returns away.
var lineEnds = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\r+\n`)
})

// rowOf is a row, with what in its cells cannot be read.
func rowOf(cell func(string) string) (r Row, wrong []*ListFault) {
	r = Row{Name: cell("name"), Text: cell("payload"), Charset: cell("charset"), Checksum: cell("checksum"), LineEnd: cell("line_ending"), To: cell("to")}
	note := func(field, en, zh, hintEn, hintZh string) {
		wrong = append(wrong, FaultIn(field, bad("", en, zh, hintEn, hintZh)))
	}
	switch kind := cell("kind"); kind {
	case "", "text":
	case "hex":
		r.Hex = true
	default:
		note("kind", fmt.Sprintf("%q is not a kind of payload", kind), fmt.Sprintf("%q 不是数据类型", kind), "write text or hex", "请写 text 或 hex")
	}
	if on := cell("enabled"); on != "" {
		b, err := strconv.ParseBool(strings.ToLower(on))
		if err != nil {
			note("enabled", fmt.Sprintf("%q is neither true nor false", on), fmt.Sprintf("%q 不是 true 或 false", on), "write true or false", "请写 true 或 false")
		}
		r.Off = !b
	}
	var err error
	if n := cell("repeat"); n != "" {
		if r.Repeat, err = strconv.Atoi(n); err != nil {
			r.Repeat = 0
			note("repeat", fmt.Sprintf("%q is not a number", n), fmt.Sprintf("%q 不是数字", n), "write how often the row is sent", "请写该行的发送次数")
		}
	}
	if r.Delay, err = ParseDelay(cell("delay")); err != nil {
		wrong = append(wrong, FaultIn("delay", err))
	}
	return r, wrong
}

func badCSV(err error) error {
	if found, ok := errors.AsType[*sockeye.Error](err); ok {
		e := *found
		e.Target = "list"
		return &e
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: "list", Err: err, Message: sockeye.Text{En: "not a table: " + err.Error(), Zh: "不是表格：" + err.Error()},
		Hint: sockeye.Text{En: "a table is CSV as spreadsheets save it, in UTF-8", Zh: "表格为电子表格软件保存的 UTF-8 编码 CSV"}}
}

// ParseDelay reads a delay as files and tables have it: "500ms", "" for none.
func ParseDelay(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, bad("", fmt.Sprintf("%s is not a time", payload.Quote(s, 20)), fmt.Sprintf("%s 不是时间", payload.Quote(s, 20)), "write 500ms, 2s or 1m", "写成 500ms、2s 或 1m")
	}
	return d, nil
}
