package codec

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/encode"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// encodeFlags are the flags of encode.
type encodeFlags struct{ payload, raw, list, json bool }

func (a *codecCommands) encodeCommand() *cobra.Command {
	var f encodeFlags
	cmd := &cobra.Command{
		Use:   "encode PROTOCOL [FIELD=VALUE…]",
		Short: a.t("Make a request of a protocol out of named fields", "由各字段的值生成协议请求"),
		Long: a.t(`Print, in hex, a request of a protocol: what is filled in stands as FIELD=VALUE, and
what is left out has its default. --list names the protocols; with a PROTOCOL, its fields
and what they may be. decode reads what encode makes; the page has the same forms at its
send box.

--payload prints the request as it is typed where messages are sent: a checksum, or a
number that counts, is a field of it.`,
			`以十六进制输出协议的请求：要填的内容写成 字段=值，省略的用默认值。--list 列出协议；
再写 PROTOCOL 则列出其字段和可填的内容。encode 生成的请求可用 decode 解码；页面的发送框
也有同样的表单。

--payload 输出可在发送处填写的写法：其中的校验和、自动计数的编号是字段。`),
		Example: `  sockeye encode modbus-rtu function=3 address=107 count=3
  sockeye encode modbus-tcp unit=17 function=16 address=1 'values=10 0x102'
  sockeye encode coap path=sensors/temp --payload
  sockeye encode modbus-tcp --list`,
		RunE: func(_ *cobra.Command, args []string) error { return a.encode(args, f) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.payload, "payload", false, a.t("print it as it is typed", "输出可填写的写法"))
	fs.BoolVar(&f.raw, "raw", false, a.t("write the bytes themselves", "直接输出字节"))
	fs.BoolVar(&f.list, "list", false, a.t("list the protocols, or the fields of PROTOCOL", "列出协议，或 PROTOCOL 的字段"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON object per line", "每行输出一个 JSON"))
	return cmd
}

func (a *codecCommands) encode(args []string, f encodeFlags) error {
	if f.raw && (f.payload || f.json || f.list) {
		return terminal.Usage("--raw", sockeye.Text{En: "not together with --payload, --json or --list", Zh: "不能与 --payload、--json 或 --list 同时使用"}, sockeye.Text{En: "leave one of them out", Zh: "请去掉其中一个"})
	}
	if len(args) == 0 {
		if f.list {
			return a.listEncoders(f.json)
		}
		return terminal.Usage("PROTOCOL", sockeye.Text{En: "is missing", Zh: "缺少协议"}, sockeye.Text{En: "sockeye encode --list names them", Zh: "sockeye encode --list 列出全部"})
	}
	e, err := encode.Named(args[0])
	if err != nil {
		return err
	}
	if f.list {
		return a.listFields(e, f.json)
	}
	values, err := fieldValues(args[1:])
	if err != nil {
		return err
	}
	p, err := e.Encode(values)
	if err != nil {
		return withListHint(e.Name, err)
	}
	t, err := payload.Parse(p.Text, payload.ParseOptions{Hex: p.Hex})
	if err != nil {
		return err
	}
	data, err := t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: rand.Uint64()})
	if err != nil {
		return err
	}
	return a.printRequest(p, data, f)
}

// withListHint says where to look, in faults that say nothing of it themselves.
func withListHint(name string, err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var out []error
	for _, one := range all {
		e := *sockeye.ErrorOf(one)
		if e.Hint.IsZero() {
			e.Hint = sockeye.Text{En: "sockeye encode " + name + " --list has the fields", Zh: "sockeye encode " + name + " --list 列出各字段"}
		}
		out = append(out, &e)
	}
	return errors.Join(out...)
}

// fieldValues reads FIELD=VALUE words.
func fieldValues(words []string) (map[string]string, error) {
	values := map[string]string{}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		_, twice := values[name]
		switch {
		case !ok || name == "":
			return nil, terminal.Usage(payload.Quote(word, 60), sockeye.Text{En: "gives no value to a field", Zh: "没有给字段赋值"}, sockeye.Text{En: "write FIELD=VALUE, such as address=107", Zh: "写成 字段=值，例如 address=107"})
		case twice:
			return nil, terminal.Usage(payload.Quote(name, 60), sockeye.Text{En: "is given twice", Zh: "写了两次"}, sockeye.Text{En: "write several numbers as one value: 'values=1 2'", Zh: "多个数写成一个值：'values=1 2'"})
		}
		values[name] = value
	}
	return values, nil
}

func (a *codecCommands) printRequest(p encode.EncodedRequest, data []byte, f encodeFlags) error {
	var err error
	switch {
	case f.json:
		return a.PrintJSON(struct {
			V       int    `json:"v"`
			Payload string `json:"payload"`
			Hex     bool   `json:"hex"`
			Data    []byte `json:"data"`
		}{1, p.Text, p.Hex, data})
	case f.payload:
		_, err = fmt.Fprintln(a.Out, p.Text)
	case f.raw:
		_, err = a.Out.Write(data)
	default:
		_, err = a.Out.Write(append(payload.AppendHex(nil, data), '\n'))
	}
	return err
}

func (a *codecCommands) listEncoders(asJSON bool) error {
	rows := [][]string{{a.t("name", "名称"), a.t("protocol", "协议"), a.t("defined by", "定义")}}
	for _, e := range encode.All() {
		d := e.Decoder()
		if asJSON {
			if err := a.PrintJSON(struct {
				V      int    `json:"v"`
				Name   string `json:"name"`
				Title  string `json:"title"`
				Source string `json:"source"`
			}{1, e.Name, d.Title.In(a.Lang), d.Source}); err != nil {
				return err
			}
		}
		rows = append(rows, []string{e.Name, d.Title.In(a.Lang), d.Source})
	}
	if asJSON {
		return nil
	}
	_, err := io.WriteString(a.Out, terminal.Table(rows))
	return err
}

// listFields prints what may be filled in. Of a field that is for some requests only, the
// values of the first field say for which.
func (a *codecCommands) listFields(e *encode.Encoder, asJSON bool) error {
	first := e.Fields[0].Name
	rows := [][]string{{a.t("field", "字段"), a.t("default", "默认"), a.t("for", "用于"), a.t("meaning", "含义")}}
	for i := range e.Fields {
		field := &e.Fields[i]
		if asJSON {
			if err := a.PrintJSON(a.fieldLine(field)); err != nil {
				return err
			}
			continue
		}
		only := ""
		if len(field.For) > 0 {
			only = first + " " + strings.Join(field.For, ",")
		}
		rows = append(rows, []string{field.Name, field.Default, only, a.meaningOf(field)})
	}
	if asJSON {
		return nil
	}
	_, err := io.WriteString(a.Out, terminal.Table(rows))
	return err
}

// meaningOf is the title of a field, what it may be, and its hint.
func (a *codecCommands) meaningOf(f *encode.EncoderField) string {
	var may string
	switch f.Kind {
	case encode.Choice:
		var all []string
		for _, o := range f.Choices {
			title := o.Title.In(a.Lang)
			if title != o.Value && !strings.HasPrefix(title, o.Value+" ") {
				title = o.Value + " " + title
			}
			all = append(all, title)
		}
		may = strings.Join(all, a.t(", ", "、"))
	case encode.Number:
		may = fmt.Sprintf(a.t("%d to %d", "%d 到 %d"), f.Least, f.Most)
	case encode.Numbers:
		may = fmt.Sprintf(a.t("up to %d numbers, %d to %d", "最多 %d 个数，%d 到 %d"), f.Length, f.Least, f.Most)
	case encode.Text:
		may = fmt.Sprintf(a.t("text of up to %d bytes", "文本，最多 %d 字节"), f.Length)
	}
	meaning := f.Title.In(a.Lang) + a.t(": ", "：") + may
	if hint := f.Hint.In(a.Lang); hint != "" {
		meaning += a.t(" (", "（") + hint + a.t(")", "）")
	}
	return meaning
}

// fieldLine is a field as JSON.
func (a *codecCommands) fieldLine(f *encode.EncoderField) any {
	var values []string
	for _, o := range f.Choices {
		values = append(values, o.Value)
	}
	return struct {
		V        int              `json:"v"`
		Name     string           `json:"name"`
		Title    string           `json:"title"`
		Kind     encode.FieldKind `json:"kind"`
		Values   []string         `json:"values,omitempty"`
		Least    int              `json:"least"`
		Most     int              `json:"most"`
		Length   int              `json:"length,omitempty"`
		Default  string           `json:"default,omitempty"`
		Optional bool             `json:"optional,omitempty"`
		For      []string         `json:"for,omitempty"`
	}{1, f.Name, f.Title.In(a.Lang), f.Kind, values, f.Least, f.Most, f.Length, f.Default, f.Optional, f.For}
}
