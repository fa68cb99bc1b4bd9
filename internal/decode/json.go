package decode

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"strconv"

	"sockeye"
)

var json = Decoder{
	Name: "json", Title: sockeye.Text{En: "JSON", Zh: "JSON"}, Source: "RFC 8259", strict: 60, read: readJSON,
}

// readJSON reads an object or an array, and the line end after it. A number, a string or a
// word alone is no message: too much text begins like one.
func readJSON(c *cursor) {
	space := len(c.b) - len(bytes.TrimLeft(c.b, " \t\r\n"))
	if space == len(c.b) || c.b[space] != '{' && c.b[space] != '[' {
		c.reject()
		return
	}
	r := jsonReader{c: c, d: stdjson.NewDecoder(bytes.NewReader(c.b))}
	r.d.UseNumber()
	err := r.value(c.stack[0].Name, true)
	switch {
	case c.none:
		return
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		c.short, c.need = true, len(c.b)+1
		return
	case err != nil:
		c.reject()
		return
	}
	c.at = int(r.d.InputOffset())
	c.stack[0].From = space
	c.at += len(c.rest()) - len(bytes.TrimLeft(c.rest(), " \t\r\n"))
}

// jsonReader reads the tokens of a text with where they lie.
type jsonReader struct {
	c *cursor
	d *stdjson.Decoder
}

// next is the next token and where it begins.
func (r *jsonReader) next() (token stdjson.Token, from int, err error) {
	before := int(r.d.InputOffset())
	token, err = r.d.Token()
	for before < len(r.c.b) && bytes.IndexByte([]byte(" \t\r\n,:"), r.c.b[before]) >= 0 {
		before++
	}
	return token, before, err
}

// value reads a value, the message itself or one in it.
func (r *jsonReader) value(name string, root bool) error {
	token, from, err := r.next()
	if err != nil {
		return err
	}
	r.c.at = from
	if delim, is := token.(stdjson.Delim); is {
		return r.container(name, delim, root)
	}
	value, note := jsonText(token)
	r.c.at = int(r.d.InputOffset())
	if n := r.c.add(name, value, from, r.c.at); n.Value == value {
		n.Note = note
	}
	return nil
}

func jsonText(token stdjson.Token) (value, note string) {
	switch t := token.(type) {
	case string:
		return t, "string"
	case stdjson.Number:
		return t.String(), "number"
	case bool:
		return strconv.FormatBool(t), "boolean"
	}
	return "null", ""
}

func (r *jsonReader) container(name string, delim stdjson.Delim, root bool) error {
	if !root {
		if r.c.tooDeep() {
			r.c.reject()
			return nil
		}
		r.c.open(name)
	}
	count := 0
	for r.d.More() && !r.c.none {
		key := strconv.Itoa(count)
		if delim == '{' {
			token, _, err := r.next()
			if err != nil {
				return err
			}
			key, _ = token.(string)
		}
		if err := r.value(shortened(key), false); err != nil {
			return err
		}
		count++
	}
	if _, _, err := r.next(); err != nil {
		return err
	}
	r.c.at = int(r.d.InputOffset())
	what := plural(count, "member")
	if delim == '[' {
		what = plural(count, "element")
	}
	if root {
		r.c.summary("%s", what)
		return nil
	}
	r.c.close().Value = what
	return nil
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
