package glossary

import (
	"strings"
	"testing"
	"unicode"

	"github.com/BurntSushi/toml"
)

// Every word is whole, in both languages, with a picture, a command and where it is laid down, and no spelling means two.
func TestWords(t *testing.T) {
	if n := len(All()); n < 60 {
		t.Errorf("%d words, at least 60 are promised", n)
	}
	seen := map[string]string{}
	for _, e := range All() {
		if e.Word == "" || e.Zh == "" || e.EnText == "" || e.ZhText == "" || e.Picture == "" || e.Command == "" || e.RFC == "" {
			t.Errorf("%q is not whole: %+v", e.Word, e)
		}
		if !strings.ContainsFunc(e.ZhText, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q has no Chinese text", e.Word)
		}
		if e.ZhPicture != "" && !strings.ContainsFunc(e.ZhPicture, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q has a Chinese picture without Chinese", e.Word)
		}
		if len([]rune(e.EnText)) > 300 {
			t.Errorf("%q is not short: %d characters", e.Word, len(e.EnText))
		}
		for _, name := range e.names() {
			if other := seen[normal(name)]; other != "" && other != e.Word {
				t.Errorf("%q means %q and %q", name, other, e.Word)
			}
			seen[normal(name)] = e.Word
		}
	}
	var file map[string]any
	if _, err := toml.Decode(words, &file); err != nil {
		t.Error(err)
	}
}

// The picture of a window speaks the reader's language.
func TestDrawing(t *testing.T) {
	e, _ := Find("window")
	if d := e.Drawing(); !strings.Contains(d.En, "waits to be read") || !strings.Contains(d.Zh, "等待读取") || strings.Contains(d.Zh, "read") {
		t.Errorf("%+v", d)
	}
}

// A word is found in any case and spelling, in either language, and by its other names.
func TestFind(t *testing.T) {
	for word, want := range map[string]string{
		"socket": "socket", "TIME_WAIT": "time_wait", "time-wait": "time_wait", "Five-Tuple": "five-tuple", "五元组": "five-tuple",
		"粘包": "sticky packets", "sticky packets": "sticky packets", "backlog": "backlog", "SYN": "handshake", "三次握手": "handshake", "重置": "rst",
	} {
		if e, ok := Find(word); !ok || e.Word != want {
			t.Errorf("%q finds %q, want %q", word, e.Word, want)
		}
	}
	if _, ok := Find("nonsense"); ok {
		t.Error("nonsense is explained")
	}
}

// The word of each entry that is found finds an entry itself.
func FuzzFind(f *testing.F) {
	f.Add("TIME_WAIT")
	f.Fuzz(func(t *testing.T, word string) {
		e, ok := Find(word)
		if _, again := Find(e.Word); ok && !again {
			t.Errorf("%q finds %q, which finds nothing", word, e.Word)
		}
	})
}
