package api

import "testing"

// A payload has its line ending by the name of before, too; one that is wrong is told of as
// every other field.
func TestLineEndIsLineEnding(t *testing.T) {
	v := serve(t)
	for _, name := range []string{"line_ending", "line_end"} {
		got := ask[Encoded](v, "POST", "/api/v1/payload", map[string]any{"kind": "text", "text": "a", name: "crlf"})
		if string(got.Data) != "a\r\n" {
			t.Errorf("%s: %q", name, got.Data)
		}
		if f := v.failing(400, "POST", "/api/v1/payload", `{"kind":"text","text":"a","`+name+`":"x"}`); f.Target != "line_ending" {
			t.Errorf("%s: the fault is of %q", name, f.Target)
		}
	}
}
