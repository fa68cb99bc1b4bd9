package sockeye

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A comment is one line of at most 500 visible characters: blanks around it go, and each refusal
// names the character or the length that is wrong.
func TestParseComment(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "  why?  ": "why?", Bookmark: "★", "为什么": "为什么", strings.Repeat("长", MaxComment): strings.Repeat("长", MaxComment),
	} {
		if got, err := ParseComment(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, said := range map[string]string{
		"a\nb": "U+000A", "a\x1b[31m": "U+001B", "\u202eabc": "U+202E", "\xff": "UTF-8", "a\u2028b": "U+2028",
		strings.Repeat("长", MaxComment+1): "at most 500 characters, this one has 501",
	} {
		_, err := ParseComment(text)
		if e := ErrorOf(err); e == nil || e.Kind != Invalid || !strings.Contains(e.Message.En, said) || e.Hint.Zh == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever another program wrote is made a comment that one may write.
func FuzzCommentOf(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\x1b]0;x\a", "\u202e\u200d", "\xff\xfe", strings.Repeat("𝄞", 600)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := CommentOf(s)
		again, err := ParseComment(text)
		if err != nil || again != text {
			t.Errorf("%q becomes %q, then %q, %v", s, text, again, err)
		}
		if len(text) > 4*MaxComment || !utf8.ValidString(text) {
			t.Errorf("%q has %d bytes", text, len(text))
		}
	})
}
