package terminal

import (
	"sockeye/internal/payload"
	"strings"

	"sockeye"
)

// WordsFlag is a flag that may be given several times, and takes several words with
// commas between them.
type WordsFlag struct{ list *[]string }

func (v *WordsFlag) String() string {
	if v.list == nil {
		return ""
	}
	return strings.Join(*v.list, ",")
}

func (v *WordsFlag) Type() string { return "words" }

func (v *WordsFlag) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			return &sockeye.Error{Kind: sockeye.Invalid,
				Message: sockeye.Text{En: "a word is missing", Zh: "缺少内容"},
				Hint:    sockeye.Text{En: "write one word, or several with commas between them", Zh: "写一个词，或用逗号分隔多个词"}}
		}
		*v.list = append(*v.list, word)
	}
	return nil
}

// WordsOf is a flag that appends to list.
func WordsOf(list *[]string) *WordsFlag { return &WordsFlag{list} }

// Safe returns foreign text in a form that is safe to print; see payload.SafeString.
func Safe(s string) string { return payload.SafeString(s) }

// Quote returns foreign text in double quotes, cut to max characters; see payload.Quote.
func Quote(s string, max int) string { return payload.Quote(s, max) }
