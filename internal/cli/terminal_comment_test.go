package cli

import (
	"testing"

	"sockeye/internal/terminal"
)

// What a person writes on the last message is an event, and can be taken away.
func TestTerminalComment(t *testing.T) {
	x := openTerminal(t, "listen", "127.0.0.1:0")
	listening := x.await("listening on")
	x.enter("/comment too early")
	x.await("there is no message to comment on yet")
	x.peerOf(listening)
	x.await("+ #1")
	x.enter("/text ping")
	x.await("ping")
	x.enter("/comment why so late?")
	x.await(": why so late?")
	x.enter("/comment")
	x.await(": ★")
	x.enter("/comment off")
	x.await("was removed")
	x.enter("/quit")
	x.exits(terminal.ExitOK)
}
