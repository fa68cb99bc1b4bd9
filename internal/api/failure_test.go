package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A failure is told in the language that is asked for, and in both, where both are.
func TestFailuresInTwoLanguages(t *testing.T) {
	v := serve(t)
	told := func(accept string) (f Failure) {
		t.Helper()
		r := v.request("POST", "/api/v1/payload", `{"kind":"hex","text":"0g"}`)
		r.Header.Set("Accept-Language", accept)
		status, text := v.do(r)
		if err := json.Unmarshal([]byte(text), &f); err != nil || status != 400 {
			t.Fatalf("%d %s: %v", status, text, err)
		}
		return f
	}
	en, zh := told("en"), told("zh")
	if en.Translation != nil || zh.Translation != nil || en.Message == zh.Message {
		t.Errorf("%+v, %+v", en, zh)
	}
	for accept, want := range map[string][2]Failure{"zh, en": {zh, en}, "en-GB,zh-CN;q=0.5": {en, zh}} {
		got := told(accept)
		language := map[string]sockeye.Lang{en.Message: sockeye.English, zh.Message: sockeye.Chinese}[want[1].Message]
		translation := &sockeye.Translation{Language: language, Message: want[1].Message, Hint: want[1].Hint}
		if diff := cmp.Diff(translation, got.Translation); diff != "" || got.Message != want[0].Message {
			t.Errorf("%s: %q (-want +got):\n%s", accept, got.Message, diff)
		}
	}
}

// An export may begin at an event, as what a view shows does.
func TestExportFromAnEvent(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "tcp://127.0.0.1:0"})
	_, all := v.do(v.request("GET", "/api/v1/export?format=jsonl", nil))
	next := ask[Events](v, "GET", "/api/v1/events", nil).Next
	v.do(v.request("DELETE", "/api/v1/sessions/"+s.ID, "{}"))
	_, after := v.do(v.request("GET", "/api/v1/export?format=jsonl&from="+jsonText(next), nil))
	_, before := v.do(v.request("GET", "/api/v1/export?format=jsonl&to="+jsonText(next), nil))
	if !strings.Contains(before, `"opened"`) || strings.Contains(before, `"closed"`) {
		t.Errorf("up to %d:\n%s", next, before)
	}
	if !strings.Contains(all, `"opened"`) || strings.Contains(after, `"opened"`) || !strings.Contains(after, `"closed"`) {
		t.Errorf("from %d on:\n%s\nall before:\n%s", next, after, all)
	}
	for _, wrong := range []string{"from=-1", "to=x"} {
		if status, _ := v.do(v.request("GET", "/api/v1/export?"+wrong, nil)); status != 400 {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
