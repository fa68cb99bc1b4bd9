// Package codegen writes a short program for the other side of a session: its address,
// transport, hello, framing, checksum, and how it connects again. It is pure: programs
// are text, made from one template for each language.
package codegen

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
)

// Language is what a program is written in.
type Language string

// The languages.
const (
	Python      Language = "python"
	MicroPython Language = "micropython"
	Arduino     Language = "arduino"
	ESPIDF      Language = "esp-idf"
	C           Language = "c"
	Go          Language = "go"
	Node        Language = "node"
	Rust        Language = "rust"
	Shell       Language = "shell"
	CSharp      Language = "csharp"
)

// language is what is known of one.
type language struct {
	name      Language
	title     string
	extension string
	// plain says that it has no way to speak TLS, WebSocket or both without more than what
	// comes with it.
	noTLS, noWebSocket bool
}

var languages = []language{
	{name: Python, title: "Python 3", extension: "py"},
	{name: MicroPython, title: "MicroPython", extension: "py"},
	{name: Arduino, title: "Arduino (ESP32, ESP8266)", extension: "ino", noWebSocket: true},
	{name: ESPIDF, title: "ESP-IDF", extension: "c", noTLS: true, noWebSocket: true},
	{name: C, title: "C (Linux, macOS)", extension: "c", noWebSocket: true},
	{name: Go, title: "Go", extension: "go", noWebSocket: true},
	{name: Node, title: "Node.js", extension: "js"},
	{name: Rust, title: "Rust", extension: "rs", noTLS: true, noWebSocket: true},
	{name: Shell, title: "bash", extension: "sh", noWebSocket: true},
	{name: CSharp, title: "C#", extension: "cs", noWebSocket: true},
}

// Languages lists every language in the order it is offered.
func Languages() (all []Language) {
	for _, l := range languages {
		all = append(all, l.name)
	}
	return all
}

// ParseLanguage reads the name of a language. The error is an *sockeye.Error of kind
// Invalid.
func ParseLanguage(name string) (Language, error) {
	for _, l := range languages {
		if string(l.name) == name {
			return l.name, nil
		}
	}
	var names []string
	for _, l := range languages {
		names = append(names, string(l.name))
	}
	list := strings.Join(names, ", ")
	return "", fault(payload.Quote(name, 40), sockeye.Text{En: "no program is written in this language", Zh: "不支持这种语言"}, sockeye.Text{En: "there are " + list, Zh: "可选：" + list})
}

// Extension is how the name of a file with a program in the language ends, without the dot.
func (l Language) Extension() string { return l.about().extension }

// Title is what people call the language.
func (l Language) Title() string { return l.about().title }

func (l Language) about() language {
	for _, one := range languages {
		if one.name == l {
			return one
		}
	}
	return language{}
}

// Request is what a program is to do.
type Request struct {
	// Address is where it connects to.
	Address sockeye.Address
	// Pin is the key of a TLS server, as curl writes pins: "sha256//…". With "" the program
	// trusts what its system trusts.
	Pin string
	// Hello is the first message; empty is none.
	Hello []byte
	// Framing and Check are how messages are found in the stream.
	Framing framing.Spec
	Check   checksum.Trailer
	// Lang is the language of its comments.
	Lang sockeye.Lang
}

//go:embed templates/*.tmpl
var files embed.FS

// Write is the program. The error is an *sockeye.Error of kind Invalid, or several of them
// joined, if there can be no such program.
func Write(l Language, r Request) (string, error) {
	p, err := newPlan(l, r)
	if err != nil {
		return "", err
	}
	text, err := evaluate(string(l)+".tmpl", p, functions(r.Lang))
	if err != nil {
		return "", err
	}
	between := "\n\n" // one empty line at most
	if l == Python || l == MicroPython {
		between = "\n\n\n" // two, PEP 8
	}
	return emptyLines().ReplaceAllStringFunc(strings.TrimLeft(text, "\n"), func(run string) string { return run[:min(len(run), len(between))] }), nil
}

var emptyLines = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\n{3,}`)
})

// functions are what templates call beside those that text/template has.
func functions(lang sockeye.Lang) map[string]any {
	return map[string]any{
		"t":     func(en, zh string) string { return sockeye.Text{En: en, Zh: zh}.In(lang) },
		"hex":   func(n uint64) string { return fmt.Sprintf("0x%x", n) },
		"list":  list,
		"py":    pythonBytes,
		"quote": strconv.QuoteToASCII,
		"octal": octal,
		"words": words,
		"add":   func(a, b int) int { return a + b },
		"sub":   func(a, b int) int { return a - b },
	}
}

// list writes bytes as numbers with commas between.
func list(b []byte) string {
	all := make([]string, len(b))
	for i, c := range b {
		all[i] = fmt.Sprintf("0x%02x", c)
	}
	return strings.Join(all, ", ")
}

// words writes bytes as two hex digits each, with spaces between.
func words(b []byte) string { return strings.TrimSpace(fmt.Sprintf("% x", b)) }

// octal writes bytes as the string of C: an octal escape has at most three digits, so
// that no character after it can belong to it.
func octal(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?' {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, `\%03o`, c)
		}
	}
	return `"` + s.String() + `"`
}

// pythonBytes writes a bytes literal of Python.
func pythonBytes(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\r':
			s.WriteString(`\r`)
		case c >= 0x20 && c < 0x7f && c != '"' && c != '\\':
			s.WriteByte(c)
		default:
			fmt.Fprintf(&s, `\x%02x`, c)
		}
	}
	return `b"` + s.String() + `"`
}

func fault(target string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "write", Target: target, Message: message, Hint: hint}
}
