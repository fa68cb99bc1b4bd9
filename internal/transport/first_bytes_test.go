package transport_test

import (
	"testing"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// What comes first on a plain TCP port and looks like another protocol is said once, after
// the bytes themselves, on either side of a connection.
func TestFirstBytesAreKnown(t *testing.T) {
	hello := "\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		for first, want := range map[string]sockeye.SeenProtocol{
			hello: sockeye.SeenTLS, "\x15\x03\x03\x00\x02\x02\x0a": sockeye.SeenTLSAlert,
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                           sockeye.SeenHTTP,
			"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\n\r\n": sockeye.SeenWebSocket,
			"SSH-2.0-OpenSSH_9.2\r\n":                                     sockeye.SeenSSH,
			"GET 5 apples":                                                "", "hello": "", "\x16\x03": "", "": "",
		} {
			s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
			for n := range 2 {
				c := transporttest.DialTCP(t, s)
				c.Write([]byte(first))
				c.CloseWrite()
				r.WaitKind(t, sockeye.Left, n+1)
			}
			s.Close()
			hints := r.All(transporttest.IsKind(sockeye.Hint))
			if want == "" {
				if len(hints) != 0 {
					t.Errorf("%q looks like %s", first, hints[0].Detail.Seen)
				}
				continue
			}
			if len(hints) != 1 || hints[0].Detail.Seen != want || hints[0].Detail.Seen.Text().Zh == "" {
				t.Fatalf("%q: %v", first, hints)
			}
			if received := r.WaitKind(t, sockeye.Received, 1); received.Seq > hints[0].Seq {
				t.Errorf("%q: the hint is before the bytes\n%s", first, r)
			}
		}
	})
}

// A client that speaks plain text to a TLS port is told by the server's alert.
func TestPlainClientOfATLSPort(t *testing.T) {
	transporttest.CADir = t.TempDir()
	s, _ := transporttest.Listening(t, "tls", sockeye.Options{}, nil)
	at := transporttest.AddressOf(s)
	at.Network = sockeye.TCP
	c, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: at}, nil)
	if _, err := transporttest.FirstPeer(t, c, r).Send(t.Context(), []byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if e := r.WaitKind(t, sockeye.Hint, 1); e.Detail.Seen != sockeye.SeenTLSAlert {
		t.Errorf("%+v", e.Detail)
	}
}
