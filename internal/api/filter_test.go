package api

import (
	"strings"
	"testing"

	"sockeye"
)

// JSON is one object, each field once, in UTF-8, nested so deep and no deeper.
func TestStrictJSON(t *testing.T) {
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	for text, want := range map[string]string{
		`{}`: "", " {} \n": "", `{"a":{"b":1},"c":[{"b":1},{"b":2}]}`: "", nested(maxDepth): "",
		nested(maxDepth + 1): "nested deeper", `{"a":1,"a":2}`: "given twice", `{"a":1,"A":2}`: "given twice", `{"x":{"a":1,"a":2}}`: "given twice",
		`{"payloads":{"a":1,"A":2}}`: "", `{"payloads":{"a":1,"a":2}}`: "given twice", `{"payloads":{"a":{"b":1,"B":2}}}`: "given twice",
		`[]`: "one JSON object", `1`: "one JSON object", `"{}"`: "one JSON object", `{}{}`: "something follows", `{} x`: "something follows",
		`{"a":}`: "not JSON",
	} {
		twice, err := onceEach([]byte(text), nil)
		if err == nil {
			err = twice.join()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(sockeye.ErrorOf(err).Message.En, want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	var into struct {
		A int `json:"a"`
	}
	for text, want := range map[string]string{"": "", "{\"a\":1}": "", "{\"a\":\"\xff\"}": "not UTF-8", `{"b":1}`: "unknown field", `{`: "ends early", `{"a"`: "ends early", `{"a":1.5}`: "a whole number"} {
		err := decode([]byte(text), &into)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(sockeye.ErrorOf(err).Message.En, want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}
