package encode

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockeye"
	"sockeye/internal/payload"
)

// form is what was filled in, read field by field, and what is wrong with it.
type form struct {
	texts   map[string]string
	numbers map[string][]int
	wrong   []error
}

// Encode makes a request of the values of fields, by their names. The error joins an
// *sockeye.Error of kind Invalid for each field that is wrong, whose target is its name.
func (e *Encoder) Encode(values map[string]string) (EncodedRequest, error) {
	f := &form{texts: map[string]string{}, numbers: map[string][]int{}}
	first := &e.Fields[0]
	f.read(first, values)
	if len(f.wrong) > 0 { // which fields there are depends on it
		return EncodedRequest{}, f.wrong[0]
	}
	names := []string{first.Name}
	for i := range e.Fields[1:] {
		if field := &e.Fields[1+i]; field.isFor(f.texts[first.Name]) {
			names = append(names, field.Name)
			f.read(field, values)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(names, name) && values[name] != "" {
			f.fault(payload.Quote(name, 40), both("this request has no such field", "此请求没有这个字段"), both("its fields are %s", "字段有：%s", strings.Join(names, ", ")))
		}
	}
	if len(f.wrong) > 0 {
		return EncodedRequest{}, errors.Join(f.wrong...)
	}
	p := e.write(f)
	if len(f.wrong) > 0 {
		return EncodedRequest{}, errors.Join(f.wrong...)
	}
	return p, nil
}

func (f *form) fault(name string, message, hint sockeye.Text) {
	f.wrong = append(f.wrong, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: name, Message: message, Hint: hint})
}

// read takes the value of a field. Surrounding spaces are no part of it, except of text.
func (f *form) read(field *EncoderField, values map[string]string) {
	text, filled := values[field.Name]
	if !filled {
		text = field.Default
	}
	if field.Kind != Text {
		text = strings.TrimSpace(text)
	}
	f.texts[field.Name] = text
	switch {
	case text == "" && field.Optional:
	case text == "":
		f.fault(field.Name, both("it is not filled in", "没有填写"), field.Hint)
	case field.Kind == Choice:
		f.readChoice(field, text)
	case field.Kind == Text:
		f.readText(field, text)
	default:
		f.readNumbers(field, text)
	}
}

func (f *form) readChoice(field *EncoderField, text string) {
	var known []string
	for _, o := range field.Choices {
		if o.Value == text {
			return
		}
		known = append(known, o.Value)
	}
	f.fault(field.Name, both("%s is none of its values", "%s 不在可选值中", payload.Quote(text, 40)), both("choose one of %s", "可选：%s", strings.Join(known, ", ")))
}

func (f *form) readText(field *EncoderField, text string) {
	switch {
	case len(text) > field.Length:
		f.fault(field.Name, both("it has %d bytes, more than %d", "有 %d 字节，超过 %d 字节", len(text), field.Length), sockeye.Text{})
	case !utf8.ValidString(text):
		f.fault(field.Name, both("it is not UTF-8", "不是 UTF-8 文本"), sockeye.Text{})
	}
}

// readNumbers reads the one of a Number and all of Numbers, and names the first that is
// wrong.
func (f *form) readNumbers(field *EncoderField, text string) {
	words := []string{text}
	if field.Kind == Numbers {
		words = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,，、;；", r) })
		if len(words) > field.Length || len(words) == 0 {
			f.fault(field.Name, both("there are %d numbers; it takes 1 to %d", "有 %d 个数；应为 1 到 %d 个", len(words), field.Length), sockeye.Text{})
			return
		}
	}
	var all []int
	for _, word := range words {
		n, err := parseNumber(word)
		switch {
		case errors.Is(err, strconv.ErrRange), err == nil && (n < field.Least || n > field.Most):
			f.fault(field.Name, both("%s is not from %d to %d", "%s 不在 %d 到 %d 之间", payload.Quote(word, 40), field.Least, field.Most), sockeye.Text{})
			return
		case err != nil:
			f.fault(field.Name, both("%s is not a number", "%s 不是数字", payload.Quote(word, 40)), both("write a whole number such as 107, or 0x6b in hex", "请写整数，例如 107，或十六进制 0x6b"))
			return
		}
		all = append(all, n)
	}
	f.numbers[field.Name] = all
}

// parseNumber reads a decimal number, or one in hex after 0x. A leading 0 means nothing:
// registers are often written 0107.
func parseNumber(word string) (int, error) {
	sign, digits := "", word
	if rest, ok := strings.CutPrefix(word, "-"); ok {
		sign, digits = "-", rest
	}
	base := 10
	if rest, ok := strings.CutPrefix(strings.ToLower(digits), "0x"); ok {
		base, digits = 16, rest
	}
	if strings.HasPrefix(digits, "+") || strings.HasPrefix(digits, "-") {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(sign+digits, base, 32)
	return int(n), err
}

// text is what a field is; "" if it is empty.
func (f *form) text(name string) string { return f.texts[name] }

// number is the value of a number; 0 if it is empty.
func (f *form) number(name string) int {
	if all := f.numbers[name]; len(all) > 0 {
		return all[0]
	}
	return 0
}

// both fills the same values into a sentence of each language.
func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}
