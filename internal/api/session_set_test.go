package api

import (
	"net/http"
	"strings"
	"testing"
)

// Changing an option of an open session takes what may be changed, keeps the rest, and
// says of all that is wrong where it stands.
func TestChangeSession(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", map[string]any{"mode": "listen", "address": "udp://127.0.0.1:0", "options": map[string]any{"idle_timeout_ms": 90000}})
	path := "/api/v1/sessions/" + s.ID
	changed := ask[Session](v, "PATCH", path, map[string]any{"options": map[string]any{"broadcast": true}})
	if o := changed.Options; !changed.Broadcast || !o.Broadcast.Or(false) || o.IdleTimeout.Seconds() != 90 {
		t.Errorf("got %+v", changed)
	}
	if again := ask[Session](v, "GET", path, nil); !again.Broadcast {
		t.Errorf("it is not kept: %+v", again)
	}
	for name, test := range map[string]struct {
		body any
		want []string
	}{
		"fixed and misplaced": {map[string]any{"options": map[string]any{"max_peers": 5, "cork": true}}, []string{"options.max_peers", "cannot be changed while the session is open", "options.cork", "is an option of TCP"}},
		"unknown":             {map[string]any{"options": map[string]any{"corc": true}}, []string{"options.corc"}},
		"nothing":             {map[string]any{}, []string{"options", "nothing is to be changed"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := v.do(v.request("PATCH", path, test.body))
			if status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s does not say %q", text, want)
				}
			}
		})
	}
	ask[Session](v, "DELETE", path, nil)
	if status, text := v.do(v.request("PATCH", path, map[string]any{"options": map[string]any{"broadcast": true}})); status == http.StatusOK {
		t.Errorf("a closed session was changed: %s", text)
	}
}
