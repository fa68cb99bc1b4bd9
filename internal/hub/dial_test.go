package hub

import (
	"testing"

	"sockeye"
)

// T59: a hub beyond this machine is never spoken to in plain text.
func TestNoPlainTextBeyondThisMachine(t *testing.T) {
	for _, c := range []struct {
		urls, pin string
		refused   bool
	}{
		{"nats://127.0.0.1:4222", "", false},
		{"nats://[::1]:4222,nats://localhost:4222", "", false},
		{"tls://hub.example:4222", "", false},
		{"nats://hub.example:4222", "sha256//x", false}, // a pin means TLS
		{"nats://hub.example:4222", "", true},
		{"nats://127.0.0.1:4222, nats://192.168.1.9:4222", "", true},
		{"nats://10.0.0.1:4222", "", true},
	} {
		_, err := Dial(t.Context(), Credentials{URLs: c.urls, Pin: c.pin, Seed: "no seed"}, nil)
		if got := sockeye.ErrorOf(err).Kind == sockeye.NotPermitted; got != c.refused {
			t.Errorf("%s, pin %q: refused %v (%v), want %v", c.urls, c.pin, got, err, c.refused)
		}
	}
}
