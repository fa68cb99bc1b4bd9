package workspace

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// Decode decodes another TOML file of a person: with the bounds of a workspace, before the
// decoder sees it, and with its errors, which say where the text is wrong.
func Decode(text string, into any) (toml.MetaData, error) {
	text = strings.TrimPrefix(text, string(byteOrderMark))
	if err := checkBounds(text); err != nil {
		return toml.MetaData{}, err
	}
	md, err := toml.Decode(text, into)
	if err != nil {
		return md, syntaxError(err)
	}
	return md, nil
}

// Place is "line 3, column 1" of the statement in which a key is set, in a text that
// Decode has read; "" if there is none.
func Place(text string, key []string) string {
	l := locator{text: strings.TrimPrefix(text, string(byteOrderMark))}
	return position(l.statementOf(key))
}

// Problems takes apart what Decode and Read have joined.
func Problems(err error) []error { return split(err) }
