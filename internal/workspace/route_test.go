package workspace

import (
	"strings"
	"testing"

	"sockeye"
)

// A route is an upstream with whom it is for; each fault is named, with a hint.
func TestParseRoute(t *testing.T) {
	for text, want := range map[string]string{
		"localhost:1":                       "for whom is missing",
		"localhost:1 peer x":                "is no address or network",
		"localhost:1 when x:":               "begins no pattern",
		"localhost:1 port 5":                "is not understood",
		"gopher://x peer 10.0.0.0/8":        "unknown protocol",
		"localhost:1 peer 10.0.0.1 for all": "is not understood",
	} {
		_, err := ParseRoute(text, 1)
		if e := sockeye.ErrorOf(err); err == nil || !strings.Contains(e.Message.En, want) || e.Hint.En == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
	r, err := ParseRoute("localhost peer ::ffff:10.0.0.1 when contains:a when b", 7)
	if err != nil || r.Upstream.Address.Port != 7 || r.Peers.String() != "10.0.0.1/32" || r.When.String() != "contains:a when b" {
		t.Errorf("%+v %v", r, err)
	}
}

// No route that is accepted is for nobody.
func FuzzParseRoute(f *testing.F) {
	f.Add("tcp://localhost:1 peer 10.0.0.0/8 when regexp:^a")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRoute(text, 1); err == nil && !r.Peers.IsValid() && r.When == nil {
			t.Errorf("%q is for nobody", text)
		}
	})
}
