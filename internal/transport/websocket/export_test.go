package websocket

import (
	"testing"
	"time"
)

// SetPongTimeout changes how long sessions that are opened in the test wait for a pong.
func SetPongTimeout(t *testing.T, d time.Duration) {
	before := pongTimeout
	pongTimeout = d
	t.Cleanup(func() { pongTimeout = before })
}
