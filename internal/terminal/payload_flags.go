package terminal

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/payload"
)

// PayloadFlags says how typed text becomes bytes.
type PayloadFlags struct {
	charsetName, checksum string
	prefix, suffix        string
	variables             variables
}

// variables is a flag that gives values to {{var.NAME}}, and may come several times.
type variables map[string]string

func (v *variables) String() string { return "" }

func (v *variables) Type() string { return "string" }

func (v *variables) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return Usage("", sockeye.Text{En: fmt.Sprintf("%q gives no value to a name", s), Zh: fmt.Sprintf("%q 没有给名称赋值", s)},
			sockeye.Text{En: "write --var unit=17", Zh: "写成 --var unit=17"})
	}
	if *v == nil {
		*v = variables{}
	}
	(*v)["var."+name] = value
	return nil
}

// Register adds the flags to a command.
func (f *PayloadFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.Var(CharsetText(&f.charsetName), "charset", a.T("charset of text: utf-8, gbk, gb18030, big5, shift-jis or latin-1; auto shows UTF-8 or GBK by what comes, and sends UTF-8", "文本编码：utf-8、gbk、gb18030、big5、shift-jis 或 latin-1；auto 按收发内容以 UTF-8 或 GBK 显示，发送用 UTF-8"))
	fs.Var(CheckedText(&f.checksum, isChecksum), "checksum", a.T("append this checksum to each message (sockeye crc ls lists them)", "在每条数据后附加校验（sockeye crc ls 列出全部）"))
	RegisterAround(a, fs, &f.prefix, &f.suffix)
	fs.Var(&f.variables, "var", a.T("a value for {{var.NAME}}, written NAME=VALUE", "{{var.名称}} 的值，写成 名称=值"))
}

// RegisterAround registers the flags for the prefix and suffix of each message.
func RegisterAround(a *Terminal, fs *pflag.FlagSet, prefix, suffix *string) {
	fs.Var(CheckedText(prefix, isPrefix), "prefix", a.T(`put this before each message (escapes and fields allowed): '\x02'`, `在每条数据前加上这些内容（支持转义与字段），例如 '\x02'`))
	fs.Var(CheckedText(suffix, isSuffix), "suffix", a.T(`put this after each message and its checksum: '\x03'`, `在每条数据及其校验后加上这些内容，例如 '\x03'`))
}

// checkAround checks a prefix and a suffix before there is a message to put between them.
func checkAround(o payload.ParseOptions) error {
	if _, err := payload.Parse("", payload.ParseOptions{Charset: o.Charset, Prefix: o.Prefix}); err != nil {
		return OfFlag(err, "--prefix")
	}
	if _, err := payload.Parse("", o); err != nil {
		return OfFlag(err, "--suffix")
	}
	return nil
}

func isPrefix(s string) error {
	_, err := payload.Parse("", payload.ParseOptions{Prefix: s})
	return err
}

func isSuffix(s string) error {
	_, err := payload.Parse("", payload.ParseOptions{Suffix: s})
	return err
}

// PayloadOptions converts the flags to the options of package payload.
func (f *PayloadFlags) PayloadOptions() (payload.ParseOptions, error) {
	var o payload.ParseOptions
	var err error
	if f.charsetName != string(payload.Auto) { // which sends UTF-8
		if o.Charset, err = payload.ParseCharset(f.charsetName); err != nil {
			return o, OfFlag(err, "--charset")
		}
	}
	if f.checksum != "" {
		if o.Trailer, err = checksum.ParseTrailer(f.checksum); err != nil {
			return o, OfFlag(err, "--checksum")
		}
	}
	o.Prefix, o.Suffix = f.prefix, f.suffix
	return o, checkAround(o)
}

// ViewCharset returns the charset in which received and sent text is shown. PayloadOptions must
// have checked it.
func (f *PayloadFlags) ViewCharset() payload.Charset {
	c, _ := payload.ParseViewCharset(f.charsetName)
	return c
}

// sendCharset returns the name of the charset for sending; for auto, UTF-8.
func (f *PayloadFlags) sendCharset() string {
	if f.charsetName == string(payload.Auto) {
		return ""
	}
	return f.charsetName
}

// OfFlag names the flag in an error about its value.
func OfFlag(err error, flag string) error {
	e := *sockeye.ErrorOf(err)
	e.Op, e.Target = "parse", flag
	return &e
}

// Environment finds {{env.NAME}}. A variable that is empty counts as not set.
func (a *Terminal) Environment(name string) (string, bool) {
	env, ok := strings.CutPrefix(name, "env.")
	if !ok {
		return "", false
	}
	v := a.Env(env)
	return v, v != ""
}

// Lookup finds {{env.NAME}} and {{var.NAME}}.
func (a *Terminal) Lookup(f *PayloadFlags) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if strings.HasPrefix(name, "env.") {
			return a.Environment(name)
		}
		v, ok := f.variables[name]
		return v, ok
	}
}

// ParseEither reads a payload that is given by one of two flags: as text or as hex.
// It is nil where neither is.
func ParseEither(o payload.ParseOptions, flag, text, hexFlag, hexText string) (*payload.Template, error) {
	switch {
	case text != "" && hexText != "":
		return nil, Usage(hexFlag, sockeye.Text{En: "given twice, as text and as hex", Zh: "文本与十六进制不能同时使用"},
			sockeye.Text{En: `text takes bytes too: \x01`, Zh: `文本中也可写字节：\x01`})
	case hexText != "":
		flag, text, o.Hex = hexFlag, hexText, true
	case text == "":
		return nil, nil
	}
	t, err := payload.Parse(text, o)
	if err != nil {
		return nil, OfFlag(err, flag)
	}
	return t, nil
}
