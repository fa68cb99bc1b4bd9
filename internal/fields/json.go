package fields

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"sockeye"
)

// maxDepth bounds the nesting of a JSON value.
const maxDepth = 64

// jsonPlace is an object or array that the walk is in.
type jsonPlace struct {
	path  string
	key   string
	index int
	array bool
	named bool // the key has been read, its value comes next
}

// readJSON appends the numbers, texts and truth values of a JSON value by their
// paths: sensor.temp, values[2].
func readJSON(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	d := json.NewDecoder(bytes.NewReader(frame))
	d.UseNumber()
	var places []jsonPlace
	for {
		before := int(d.InputOffset())
		token, err := d.Token()
		to := int(d.InputOffset())
		if err != nil {
			if len(places) == 0 && len(dst) > 0 {
				return dst, nothing
			}
			return dst, both("it is not JSON", "它不是 JSON")
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '}' || t == ']' {
				places = places[:len(places)-1]
				break
			}
			if len(places) == maxDepth {
				return dst, both("it is nested more than %d deep", "嵌套超过 %d 层", maxDepth)
			}
			path := pathOf(places)
			advance(places)
			places = append(places, jsonPlace{path: path, array: t == '['})
			continue
		default:
			if n := len(places) - 1; n >= 0 && !places[n].array && !places[n].named {
				places[n].key, _ = token.(string)
				places[n].named = true
				continue
			}
			if len(dst) == MaxValues {
				return dst, tooMany
			}
			from := to - len(bytes.TrimLeft(frame[before:to], " \t\r\n:,"))
			dst = append(dst, jsonValue(places, token, from, to))
			advance(places)
		}
		if len(places) == 0 {
			if len(bytes.TrimSpace(frame[to:])) > 0 {
				return dst, both("after the JSON value it goes on", "JSON 值之后还有内容")
			}
			return dst, nothing
		}
	}
}

// pathOf is the path of the value that comes next.
func pathOf(places []jsonPlace) string {
	if len(places) == 0 {
		return ""
	}
	p := places[len(places)-1]
	switch {
	case p.array:
		return p.path + "[" + strconv.Itoa(p.index) + "]"
	case p.path == "":
		return p.key
	}
	return p.path + "." + p.key
}

// clipName bounds what a path is made of.
func clipName(key string) string {
	if len(key) > maxName {
		return strings.ToValidUTF8(key[:maxName], "")
	}
	return key
}

// advance goes on to the next key or index.
func advance(places []jsonPlace) {
	if len(places) > 0 {
		p := &places[len(places)-1]
		p.index++
		p.named = false
	}
}

// jsonValue is a value that stands in the frame between two offsets.
func jsonValue(places []jsonPlace, token any, from, to int) Value {
	v := Value{Name: pathOf(places), From: from, To: to}
	if v.Name == "" {
		v.Name = "value"
	}
	switch t := token.(type) {
	case json.Number:
		v.Text = t.String()
		n, err := t.Float64()
		v.Number, v.Numeric = n, err == nil
	case string:
		v = withText(v, t)
	case bool:
		v.Text, v.Numeric = strconv.FormatBool(t), true
		if t {
			v.Number = 1
		}
	default:
		v.Text = "null"
	}
	return v
}

// withText is a value that a JSON string says: boards also write numbers so.
func withText(v Value, text string) Value {
	t := textValue(text, 0)
	v.Text, v.Number, v.Numeric, v.Unit = t.Text, t.Number, t.Numeric, t.Unit
	return v
}
