package api

import (
	"strings"
	"testing"
)

// A workspace of the size that the manual allows, 4 MiB, can be planned over the API, and a
// key that is there twice says what to do about it.
func TestLargeWorkspaceIsPlanned(t *testing.T) {
	v := serve(t)
	text := "sockeye = 2\n" + strings.Repeat("#"+strings.Repeat("x", 99)+"\n", 40_000)
	if status, said := v.do(v.request("POST", "/api/v1/workspace/plan", map[string]string{"text": text})); status != 200 {
		t.Errorf("%d: %.300s", status, said)
	}
	f := v.failing(400, "POST", "/api/v1/workspace/plan", map[string]string{"text": "sockeye = 2\nsockeye = 2\n"})
	if !strings.Contains(f.Hint, "write it once") {
		t.Errorf("%+v", f)
	}
}
