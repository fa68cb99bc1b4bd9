package cli

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/core"
	"sockeye/internal/payload"
	"sockeye/internal/transport"
)

// payloadFlags say how what is typed becomes bytes.
type payloadFlags struct {
	charsetName, checksum string
	prefix, suffix        string
	variables             variables
}

// variables is a flag that gives values to {{var.NAME}}, and may come several times.
type variables map[string]string

func (v *variables) String() string { return "" }
func (v *variables) Type() string   { return "string" }

func (v *variables) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return usage("", sockeye.Text{En: fmt.Sprintf("%q gives no value to a name", s), Zh: fmt.Sprintf("%q 没有给名称赋值", s)},
			sockeye.Text{En: "write --var unit=17", Zh: "写成 --var unit=17"})
	}
	if *v == nil {
		*v = variables{}
	}
	(*v)["var."+name] = value
	return nil
}

func (f *payloadFlags) register(a *app, fs *pflag.FlagSet) {
	fs.StringVar(&f.charsetName, "charset", "", a.t("charset of text: utf-8, gbk, gb18030, big5, shift-jis or latin-1; auto shows UTF-8 or GBK by what comes, and sends UTF-8", "文本编码：utf-8、gbk、gb18030、big5、shift-jis 或 latin-1；auto 按收发内容以 UTF-8 或 GBK 显示，发送用 UTF-8"))
	fs.StringVar(&f.checksum, "checksum", "", a.t("append this checksum to each message (sockeye crc ls lists them)", "在每条数据后附加校验（sockeye crc ls 列出全部）"))
	registerAround(a, fs, &f.prefix, &f.suffix)
	fs.Var(&f.variables, "var", a.t("a value for {{var.NAME}}, written NAME=VALUE", "{{var.名称}} 的值，写成 名称=值"))
}

// registerAround has the flags for what is put before and after each message.
func registerAround(a *app, fs *pflag.FlagSet, prefix, suffix *string) {
	fs.StringVar(prefix, "prefix", "", a.t(`put this before each message (escapes and fields allowed): '\x02'`, `在每条数据前加上这些内容（支持转义与字段），例如 '\x02'`))
	fs.StringVar(suffix, "suffix", "", a.t(`put this after each message and its checksum: '\x03'`, `在每条数据及其校验后加上这些内容，例如 '\x03'`))
}

// checkAround checks a prefix and a suffix, before there is anything to put between
// them.
func checkAround(o payload.ParseOptions) error {
	if _, err := payload.Parse("", payload.ParseOptions{Charset: o.Charset, Prefix: o.Prefix}); err != nil {
		return ofFlag(err, "--prefix")
	}
	if _, err := payload.Parse("", o); err != nil {
		return ofFlag(err, "--suffix")
	}
	return nil
}

// options are the flags as the payload language takes them.
func (f *payloadFlags) payloadOptions() (payload.ParseOptions, error) {
	var o payload.ParseOptions
	var err error
	if f.charsetName != string(payload.Auto) { // which sends UTF-8
		if o.Charset, err = payload.ParseCharset(f.charsetName); err != nil {
			return o, ofFlag(err, "--charset")
		}
	}
	if f.checksum != "" {
		if o.Trailer, err = checksum.ParseTrailer(f.checksum); err != nil {
			return o, ofFlag(err, "--checksum")
		}
	}
	o.Prefix, o.Suffix = f.prefix, f.suffix
	return o, checkAround(o)
}

// viewCharset is what received and sent text is shown in; payloadOptions has found it
// sound.
func (f *payloadFlags) viewCharset() payload.Charset {
	c, _ := payload.ParseViewCharset(f.charsetName)
	return c
}

// ofFlag names the flag in an error about its value.
func ofFlag(err error, flag string) error {
	e := *sockeye.ErrorOf(err)
	e.Op, e.Target = "parse", flag
	return &e
}

// environment finds {{env.NAME}}. A variable that is empty counts as not set.
func (a *app) environment(name string) (string, bool) {
	env, ok := strings.CutPrefix(name, "env.")
	if !ok {
		return "", false
	}
	v := a.Env(env)
	return v, v != ""
}

// lookup finds {{env.NAME}} and {{var.NAME}}.
func (a *app) lookup(f *payloadFlags) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if strings.HasPrefix(name, "env.") {
			return a.environment(name)
		}
		v, ok := f.variables[name]
		return v, ok
	}
}

func (a *app) payloadCommand() *cobra.Command {
	var f payloadFlags
	var asHex, raw bool
	cmd := &cobra.Command{
		Use:   "payload TEXT",
		Short: a.t("Show the bytes that a payload becomes", "显示数据最终会变成哪些字节"),
		Long: a.t(`Print, in hex, the bytes that a payload becomes: text with escapes (\r\n, \x01), or
hex, with fields such as {{seq:u16be}}, {{time}} and {{crc16modbus}} among it. The
same language is read wherever Sockeye sends what you write; docs/payload.md has all
of it.`,
			`以十六进制输出数据最终的字节：带转义（\r\n、\x01）的文本，或十六进制，
其中可写 {{seq:u16be}}、{{time}}、{{crc16modbus}} 等字段。凡是由你书写、由 Sockeye
发送的内容都用同一种语言，完整说明见 docs/payload.zh-CN.md。`),
		Example: `  sockeye payload 'Hello\r\n'
  sockeye payload --hex '01 03 00 00 00 0A {{crc16modbus}}'
  sockeye payload '${{#body}}GPGLL,5300.97914,N{{/body}}*{{xor8(body):HEX}}\r\n'
  sockeye payload --charset gbk --checksum sum8 你好`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("TEXT", sockeye.Text{En: "is missing", Zh: "缺少数据内容"}, helpHint(cmd))
			}
			o, err := f.payloadOptions()
			if err != nil {
				return err
			}
			o.Hex = asHex
			t, err := payload.Parse(strings.Join(args, " "), o)
			if err != nil {
				return err
			}
			data, err := t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: uint64(time.Now().UnixNano()), Lookup: a.lookup(&f)})
			if err != nil {
				return err
			}
			out := bufio.NewWriter(a.Out)
			if raw {
				out.Write(data)
			} else {
				out.Write(append(payload.AppendHex(nil, data), '\n'))
			}
			return out.Flush()
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asHex, "hex", false, a.t("TEXT is hex", "TEXT 是十六进制"))
	fs.BoolVar(&raw, "raw", false, a.t("write the bytes themselves", "直接输出字节"))
	f.register(a, fs)
	return cmd
}

// parseEither reads a payload that is given by one of two flags: as text or as hex.
// It is nil where neither is.
func parseEither(o payload.ParseOptions, flag, text, hexFlag, hexText string) (*payload.Template, error) {
	switch {
	case text != "" && hexText != "":
		return nil, usage(hexFlag, sockeye.Text{En: "given twice, as text and as hex", Zh: "文本与十六进制不能同时使用"},
			sockeye.Text{En: `text takes bytes too: \x01`, Zh: `文本中也可写字节：\x01`})
	case hexText != "":
		flag, text, o.Hex = hexFlag, hexText, true
	case text == "":
		return nil, nil
	}
	t, err := payload.Parse(text, o)
	if err != nil {
		return nil, ofFlag(err, flag)
	}
	return t, nil
}

// sendPayload sends the next message of a payload to one peer.
func (l *runner) sendPayload(s *core.Session, p *transport.Peer, t *payload.Template) error {
	sent, err := s.SendPayload(l.sending, []*transport.Peer{p}, t)
	if err != nil {
		return err
	}
	return sent[0].Err
}
