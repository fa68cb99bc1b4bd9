package api

import (
	"net/http"
	"strings"
	"testing"
)

// The glossary comes whole or by word, in any spelling and in the language asked for.
func TestExplain(t *testing.T) {
	v := serve(t)
	if all := ask[Glossary](v, "GET", "/api/v1/explain", nil); len(all.Words) < 60 {
		t.Errorf("%d words", len(all.Words))
	}
	one := ask[Glossary](v, "GET", "/api/v1/explain?word=TIME-WAIT", nil)
	if len(one.Words) != 1 || one.Words[0].Word != "time_wait" || one.Words[0].Text == "" || one.Words[0].Command == "" {
		t.Errorf("TIME-WAIT is %+v", one)
	}
	r := v.request("GET", "/api/v1/explain?word=rst", nil)
	r.Header.Set("Accept-Language", "zh")
	if status, body := v.do(r); status != http.StatusOK || !strings.Contains(body, "重置") {
		t.Errorf("in Chinese: %d %s", status, body)
	}
	v.failing(http.StatusNotFound, "GET", "/api/v1/explain?word=nonsense", nil)
}
