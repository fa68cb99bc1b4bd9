package workspace

import (
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"sockeye"
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

// maxStrange bounds the keys that StrangeKeys gives.
const maxStrange = 20

// StrangeKeys are the keys of a text that Decode has read into a struct which the struct
// does not have, letter by letter, in the order of the text, at most 20. The decoder itself
// takes a key whose capitals differ, and of two such keys either one: if mistaken, the struct
// has what a strange key said, and nothing may be done with it.
func StrangeKeys(md toml.MetaData, into any) (strange []toml.Key, mistaken bool) {
	form := reflect.TypeOf(into).Elem()
	unread, told := map[string]bool{}, map[string]bool{}
	for _, key := range md.Undecoded() {
		unread[key.String()] = true
	}
	for _, key := range md.Keys() {
		where, isUnread := strangeKeyIn(form, key), unread[key.String()]
		mistaken = mistaken || where != nil && !isUnread
		if where == nil && isUnread {
			where = key
		}
		if name := where.String(); where != nil && !told[name] && len(strange) < maxStrange {
			told[name] = true
			strange = append(strange, where)
		}
	}
	return strange, mistaken
}

// Place is "line 3, column 1" of the statement in which a key is set, in a text that
// Decode has read; "" if there is none.
func Place(text string, key []string) string {
	l := locator{text: strings.TrimPrefix(text, string(byteOrderMark))}
	return position(l.statementOf(key))
}

// Problems takes apart what Decode and Read have joined.
func Problems(err error) []error { return sockeye.SplitErrors(err) }
