// Package glossary explains the words of sockets and networks in English and Chinese: a short
// text, a picture in characters where it helps, the command that shows the thing here, and
// where it is laid down. The words are a file that is part of the program.
package glossary

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"sockeye"
)

// Entry is one word.
type Entry struct {
	Word string   `toml:"word"`
	Zh   string   `toml:"zh"`   // the word in Chinese
	Also []string `toml:"also"` // other spellings
	// EnText and ZhText explain it in a few sentences.
	EnText string `toml:"en_text"`
	ZhText string `toml:"zh_text"`
	// Picture is a drawing in characters; ZhPicture the Chinese one, "" if Picture has no words
	// to translate.
	Picture   string `toml:"picture"`
	ZhPicture string `toml:"zh_picture"`
	// Command shows the thing on this machine.
	Command string `toml:"command"`
	// RFC is where it is laid down, or "" for what is common knowledge.
	RFC string `toml:"rfc"`
}

// Text is the explanation in both languages.
func (e Entry) Text() sockeye.Text { return sockeye.Text{En: e.EnText, Zh: e.ZhText} }

// Drawing is the picture in both languages.
func (e Entry) Drawing() sockeye.Text {
	return sockeye.Text{En: e.Picture, Zh: cmp.Or(e.ZhPicture, e.Picture)}
}

// Name is the word in both languages; in Chinese the English one stays beside it.
func (e Entry) Name() sockeye.Text {
	return sockeye.Text{En: e.Word, Zh: fmt.Sprintf("%s（%s）", e.Zh, e.Word)}
}

//go:embed words.toml
var words string

// entries reads the file once. That it can be read is tested.
var entries = sync.OnceValue(func() []Entry {
	var file struct {
		Word []Entry `toml:"word"`
	}
	if _, err := toml.Decode(words, &file); err != nil {
		panic(err)
	}
	for n := range file.Word {
		file.Word[n].Picture = strings.TrimLeft(file.Word[n].Picture, "\n")
	}
	return file.Word
})

// All are the entries in the order of the file. The slice is the caller's.
func All() []Entry { return slices.Clone(entries()) }

// Find is the entry of a word: in either language, in any spelling, in one or several words.
func Find(word string) (Entry, bool) {
	wanted := normal(word)
	for _, e := range entries() {
		for _, name := range e.names() {
			if normal(name) == wanted {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// Names are all words that Find knows.
func Names() (list []string) {
	for _, e := range entries() {
		list = append(list, e.names()...)
	}
	return list
}

// names are the spellings of an entry. The Chinese name may stand behind an English one.
func (e Entry) names() []string {
	fields := strings.Fields(e.Zh)
	return slices.Concat([]string{e.Word, e.Zh}, fields[max(0, len(fields)-1):], e.Also)
}

// normal is a word without capitals, and with spaces for dashes and underscores.
func normal(word string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("-", " ", "_", " ").Replace(strings.ToLower(word))), " ")
}
