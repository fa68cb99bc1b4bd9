package websocket_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// WebSocket does what every driver must do, with a client of another library's.
func TestSuite(t *testing.T) {
	transporttest.Suite(t, transporttest.Case{
		Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "ws://127.0.0.1:0") },
		Dial:    dialForeign,
	})
}

// dialForeign is a client of github.com/coder/websocket as a net.Conn of messages.
func dialForeign(t *testing.T, to sockeye.Address) net.Conn {
	t.Helper()
	return dialForeignWith(t, to, nil)
}

// dialForeignWith is dialForeign over TLS.
func dialForeignWith(t *testing.T, to sockeye.Address, over *tls.Config) net.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), to.String(), &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: over}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	ctx, cancel := context.WithTimeout(context.Background(), transporttest.Patience)
	t.Cleanup(cancel)
	c.SetReadLimit(-1)
	return &foreign{ctx: ctx, ws: c}
}

// foreign writes messages and reads the bytes of messages.
type foreign struct {
	net.Conn // nil: nobody asks for the rest of it
	ctx      context.Context
	ws       *websocket.Conn
	rest     []byte
}

func (f *foreign) Write(b []byte) (int, error) {
	return len(b), f.ws.Write(f.ctx, websocket.MessageBinary, b)
}

func (f *foreign) Read(b []byte) (int, error) {
	for len(f.rest) == 0 {
		_, data, err := f.ws.Read(f.ctx)
		if err != nil {
			return 0, err
		}
		f.rest = data
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
