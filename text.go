package sockeye

import "strings"

// Lang is a language that Sockeye speaks to people.
type Lang string

// The languages of Sockeye's messages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// LangOf picks the language for a POSIX locale name or a language tag:
// "zh_CN.UTF-8" and "zh-Hans" are Chinese, all else is English.
func LangOf(locale string) Lang {
	if strings.HasPrefix(strings.ToLower(locale), "zh") {
		return Chinese
	}
	return English
}

// Text is one message in every language Sockeye speaks.
type Text struct{ En, Zh string }

// In is the message in one language; a missing translation falls back to English.
//
// A thousand places call it: inlined there, it would take 40 kB of the program.
//
//go:noinline
func (t Text) In(l Lang) string {
	if l == Chinese && t.Zh != "" {
		return t.Zh
	}
	return t.En
}

// IsZero reports whether the text says nothing.
func (t Text) IsZero() bool { return t == Text{} }
