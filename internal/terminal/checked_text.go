package terminal

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
)

// checkedText is a flag whose text is checked when it is set, so that all wrong flags of a command
// line are reported together.
type checkedText struct {
	to    *string
	check func(string) error
}

// CheckedText returns a flag that stores its text in to after check accepted it. "" is always
// accepted.
func CheckedText(to *string, check func(string) error) pflag.Value { return &checkedText{to, check} }

func (f *checkedText) String() string {
	if f.to == nil {
		return ""
	}
	return *f.to
}

func (f *checkedText) Type() string { return "string" }

func (f *checkedText) Set(s string) error {
	if s != "" {
		if err := f.check(s); err != nil {
			return err
		}
	}
	*f.to = s
	return nil
}

// Together joins the errors that are not nil; it returns nil if there are none.
func Together(errs ...error) error {
	var all []error
	for _, err := range errs {
		all = append(all, sockeye.SplitErrors(err)...)
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// These functions check the texts of flags. What also depends on other flags, such as whether a
// charset has the characters, is checked later.

func isText(s string) error {
	_, err := payload.Parse(s, payload.ParseOptions{})
	return err
}

func isHex(s string) error {
	t, err := payload.Parse(s, payload.ParseOptions{Hex: true})
	if err != nil {
		return err
	}
	if b, fixed := t.Constant(); fixed && len(b) == 0 {
		_, err = payload.ParseHexBytes(s)
	}
	return err
}

// expectedText is a flag with the bytes that a command waits for.
type expectedText struct{ pflag.Value }

// ExpectedText and ExpectedHex are PayloadText and PayloadHex for bytes that a command waits for.
// An empty text is an error there, since the wait would be over at once.
func ExpectedText(to *string) pflag.Value { return expectedText{PayloadText(to)} }

// ExpectedHex is explained at ExpectedText.
func ExpectedHex(to *string) pflag.Value { return expectedText{PayloadHex(to)} }

func (f expectedText) Set(s string) error {
	if s == "" {
		return Usage("", sockeye.Text{En: "there is nothing in it to wait for", Zh: "没有要等待的内容"},
			sockeye.Text{En: "write what the answer has to contain, or leave the flag out", Zh: "请写出应答中应有的内容，或去掉该参数"})
	}
	return f.Value.Set(s)
}

// PayloadText is a flag with text that is sent or expected; PayloadHex is one with hex.
func PayloadText(to *string) pflag.Value { return CheckedText(to, isText) }

// PayloadHex is PayloadText for hex.
func PayloadHex(to *string) pflag.Value { return CheckedText(to, isHex) }

// CharsetText is a flag with the charset of a view, which may be auto.
func CharsetText(to *string) pflag.Value {
	return CheckedText(to, func(s string) error {
		if _, err := payload.ParseViewCharset(s); err != nil {
			return Usage("", sockeye.Text{En: fmt.Sprintf("%q is not a charset", s), Zh: fmt.Sprintf("%q 不是可用的编码", s)},
				sockeye.Text{En: "choose auto, utf-8, gbk, gb18030, big5, shift-jis or latin-1", Zh: "可选 auto、utf-8、gbk、gb18030、big5、shift-jis、latin-1"})
		}
		return nil
	})
}

// FramingText is a flag that says how frames are found; ChecksumText one that says what they
// end with.
func FramingText(to *string) pflag.Value { return CheckedText(to, isFraming) }

// ChecksumText is a flag with a checksum.
func ChecksumText(to *string) pflag.Value { return CheckedText(to, isChecksum) }

func isChecksum(s string) error {
	_, err := checksum.ParseTrailer(s)
	return err
}

func isFraming(s string) error {
	_, err := framing.Parse(s)
	return err
}

func isSync(s string) error {
	if s == "relaxed" || s == "always" {
		return nil
	}
	return Usage("", sockeye.Text{En: fmt.Sprintf("%q is not a way to sync: relaxed or always", s), Zh: fmt.Sprintf("%q：同步方式只能是 relaxed 或 always", s)}, sockeye.Text{})
}

// checkedFields is a flag with the specs of named values, which may come several times. One
// that is FILE#NAME stands for those that a workspace file has under that name.
type checkedFields struct {
	to       *[]string
	terminal *Terminal
}

func (f *checkedFields) String() string { return "" }

func (f *checkedFields) Type() string { return "stringArray" }

func (f *checkedFields) Set(s string) error {
	if path, name, ok := cutLast(s, "#"); ok && f.terminal.ReadFields != nil {
		if _, err := os.Stat(path); err == nil || strings.HasSuffix(path, ".toml") { // else it may be a regular expression
			return f.fromFile(path, name)
		}
	}
	if _, err := fields.Parse(s); err != nil {
		return err
	}
	*f.to = append(*f.to, s)
	return nil
}

func (f *checkedFields) fromFile(path, name string) error {
	specs, err := f.terminal.ReadFields(path, name)
	if err != nil {
		return err
	}
	*f.to = append(*f.to, specs...)
	return nil
}
