package cli

import (
	"bytes"
	"testing"

	"sockeye/internal/terminal"
)

// A page that is served to others says where they find it; without the ticket, which is this
// machine's. One for this machine alone says nothing.
func TestPageForOthers(t *testing.T) {
	for bind, want := range map[string]string{
		"192.0.2.7":   "On other devices, with the password: https://192.0.2.7:8443/\n",
		"2001:db8::7": "On other devices, with the password: https://[2001:db8::7]:8443/\n",
		"127.0.0.1":   "",
		"::1":         "",
	} {
		var out bytes.Buffer
		a := &app{Terminal: &terminal.Terminal{Streams: terminal.Streams{Out: &out}}}
		a.showForOthers("https://127.0.0.1:8443/#t=secret", bind, false)
		if got := out.String(); got != want {
			t.Errorf("--bind %s says %q, want %q", bind, got, want)
		}
	}
}
