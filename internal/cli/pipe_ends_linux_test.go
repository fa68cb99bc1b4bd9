package cli

import (
	"path/filepath"
	"regexp"
	"testing"
)

// Where only bytes are shown, it is told all the same why a connection ended that should not
// have, with what to do about it.
func TestEndsAreToldInAPipe(t *testing.T) {
	t.Run("relay to TLS", func(t *testing.T) {
		server := serve(t, "listen", "tls://127.0.0.1:0", "--require-client-cert")
		relay := run(t, "sockeye", "relay", "tcp://127.0.0.1:0", "tls://"+server.local(t).String()+"?insecure")
		client := run(t, "sockeye", "connect", relayedAt(t, relay))
		relay.complains("left: an error: the server wants a client certificate, and was shown none — show one: ?client-cert=FILE ?client-key=FILE")
		client.ends(1)
	})
	t.Run("serial port", func(t *testing.T) {
		port, cable := ptyPort(t)
		connected := run(t, "sockeye", "connect", "serial://"+port, "--verbose")
		connected.complains("is open, 115200")
		cable.kill()
		connected.ends(1)
		connected.complains("hint: plug it in again; with --reconnect")
	})
	t.Run("relay to a serial port", func(t *testing.T) {
		port, cable := ptyPort(t)
		relay := run(t, "sockeye", "relay", "tcp://127.0.0.1:0", "serial://"+port, "--verbose")
		run(t, "sockeye", "connect", relayedAt(t, relay))
		relay.complains("relayed by")
		cable.kill()
		relay.complains("the program at its other end closed it — plug it in again")
	})
}

// ptyPort is a serial port for as long as a program runs.
func ptyPort(t *testing.T) (name string, cable *program) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "port")
	cable = run(t, "socat", "-d", "-d", "pty,raw,link="+name, "-")
	cable.complains("starting data transfer loop")
	return name, cable
}

// complains waits until a program has said something on standard error.
func (p *program) complains(text string) {
	p.t.Helper()
	if !p.errs.await(text, p.wait, p.ended) {
		p.t.Fatalf("%s never said %q, but %q", p.cmd.Args, text, p.errs)
	}
}

// relayedAt is where a relay that shows bytes listens.
func relayedAt(t *testing.T, relay *program) string {
	t.Helper()
	relay.complains("listening on tcp://")
	at := regexp.MustCompile(`listening on (tcp://\S+)`).FindStringSubmatch(relay.errs.String())
	if at == nil {
		t.Fatalf("it does not say where: %q", relay.errs)
	}
	return at[1]
}
