package sockeye

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// What a terminal obeys or nobody sees is an escape in JSON, and all else is as it was: no
// value changes.
func TestMarshalJSON(t *testing.T) {
	for text, want := range map[string]string{
		"plain <&>":               `"plain \u003c\u0026\u003e"`,
		"é 中文 😀 한 e\u0301":        `"é 中文 😀 한 e` + "\u0301" + `"`,
		"\u009b31m\u0085\x7f":     `"\u009b31m\u0085\u007f"`,
		"\u202eabc\u2066\u200b":   `"\u202eabc\u2066\u200b"`,
		"\u2028\ufeff\ue000":      `"\u2028\ufeff\ue000"`,
		"a\U000e0041b\U0010ffff":  `"a\udb40\udc41b\udbff\udfff"`,
		"\x1b[31m\xff":            `"\u001b[31m\ufffd"`,
		"escaped already \\u009b": `"escaped already \\u009b"`,
	} {
		got, err := MarshalJSON(text)
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, want %s (%v)", text, got, want, err)
		}
	}
}

// Whatever the text is, its JSON is that of encoding/json in value, and harmless.
func FuzzEscapeJSON(f *testing.F) {
	f.Add("a\u009b\u202e\U000e0041")
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		before := string(plain)
		got := string(EscapeJSON(plain))
		if string(plain) != before {
			t.Error("the text was changed in place")
		}
		if at := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsGraphic(r) }); at >= 0 {
			t.Errorf("%q at %d", got, at)
		}
		var a, b map[string]string
		if json.Unmarshal([]byte(before), &a) != nil || json.Unmarshal([]byte(got), &b) != nil {
			t.Fatalf("no JSON: %q", got)
		}
		for name, value := range a {
			if b[name] != value {
				t.Errorf("%q became %q", value, b[name])
			}
		}
	})
}

// Every line that an event becomes is harmless, wherever in it a peer's words are.
func TestEventJSONIsHarmless(t *testing.T) {
	const hostile = "a\u009b31m\u202eb"
	e := Event{Kind: Opened, Detail: &Detail{
		WebSocket: &WebSocketState{Path: hostile, Origin: hostile},
		Err:       &Error{Kind: System, Target: hostile, Message: Text{En: hostile}},
	}}
	line := string(e.AppendJSON(nil, English))
	if strings.ContainsAny(line, "\u009b\u202e") || strings.Count(line, `a\u009b31m\u202eb`) < 3 {
		t.Errorf("%q", line)
	}
}
