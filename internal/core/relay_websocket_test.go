package core

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"sockeye/internal/fault"
)

// wsMessage is a message with its type, or why a WebSocket was closed.
type wsMessage struct {
	Type   websocket.MessageType
	Data   string
	Code   websocket.StatusCode
	Reason string
}

// readWS reads a message, or the end.
func readWS(ctx context.Context, c *websocket.Conn) wsMessage {
	kind, data, err := c.Read(ctx)
	if err == nil {
		return wsMessage{Type: kind, Data: string(data)}
	}
	var end websocket.CloseError
	if !errors.As(err, &end) {
		return wsMessage{Code: websocket.CloseStatus(err), Reason: err.Error()}
	}
	return wsMessage{Code: end.Code, Reason: end.Reason}
}

// relayWS is a client and the upstream's server at the two ends of a relay.
func relayWS(t *testing.T, faults string) (ctx context.Context, client, server *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	accepted, done := make(chan *websocket.Conn, 1), make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		accepted <- c
		<-done
	}))
	t.Cleanup(h.Close)
	t.Cleanup(func() { close(done) })
	var o RelayOptions
	if faults != "" {
		set, err := fault.ParseSet("", []string{faults})
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = set
	}
	_, s := openRelayWith(t, addressOf(t, "ws://127.0.0.1:0"), addressOf(t, "ws"+strings.TrimPrefix(h.URL, "http")+"/"), o)
	client, _, err := websocket.Dial(ctx, "ws://"+s.Locals()[0].String(), &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.CloseNow() })
	select {
	case server = <-accepted:
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
	return ctx, client, server
}

// A message keeps its type on the way, whatever the receiver sent last, and with faults between.
func TestRelayPassesMessageTypesOn(t *testing.T) {
	for _, faults := range []string{"", "latency 2ms", "merge 20ms"} {
		t.Run(faults, func(t *testing.T) {
			ctx, client, server := relayWS(t, faults)
			want := []wsMessage{{Type: websocket.MessageText, Data: "text"}, {Type: websocket.MessageBinary, Data: "bin"},
				{Type: websocket.MessageText, Data: ""}, {Type: websocket.MessageBinary, Data: ""}, {Type: websocket.MessageText, Data: "é"}, {Type: websocket.MessageBinary, Data: "last"}}
			for _, way := range []struct{ from, to *websocket.Conn }{{client, server}, {server, client}} {
				for n, m := range want {
					if err := way.from.Write(ctx, m.Type, []byte(m.Data)); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(m, readWS(ctx, way.to)); diff != "" {
						t.Errorf("message %d:\n%s", n, diff)
					}
				}
			}
		})
	}
}

// Messages that a fault joins stay apart if their types differ.
func TestRelayMergesOneTypeOnly(t *testing.T) {
	ctx, client, server := relayWS(t, "merge 100ms")
	want := []wsMessage{{Type: websocket.MessageText, Data: "ab"}, {Type: websocket.MessageBinary, Data: "c"}}
	for _, m := range []wsMessage{{Type: websocket.MessageText, Data: "a"}, {Type: websocket.MessageText, Data: "b"}, want[1]} {
		if err := client.Write(ctx, m.Type, []byte(m.Data)); err != nil {
			t.Fatal(err)
		}
	}
	for got, n := (wsMessage{}), 0; n < len(want); {
		m := readWS(ctx, server)
		if m.Code != 0 {
			t.Fatalf("closed: %+v", m)
		}
		if got.Data += m.Data; m.Type != want[n].Type {
			t.Fatalf("%q came as %v", m.Data, m.Type)
		}
		if got.Data == want[n].Data {
			got, n = wsMessage{}, n+1
		}
	}
}

// Why one side closed is what the other one is told; one that is lost without a word is lost
// without a word at the other side.
func TestRelayPassesCloseReasonsOn(t *testing.T) {
	for _, c := range []struct {
		name, faults string
		code         websocket.StatusCode
		reason       string
	}{
		{"own code", "", 4001, "bye"},
		{"normal", "", websocket.StatusNormalClosure, "done"},
		{"no code", "", websocket.StatusNoStatusRcvd, ""},
		{"through faults", "latency 2ms", 4001, "bye"},
	} {
		for _, side := range []string{"client", "upstream"} {
			t.Run(c.name+" by the "+side, func(t *testing.T) {
				ctx, from, to := relayWS(t, c.faults)
				if side == "upstream" {
					from, to = to, from
				}
				go from.Close(c.code, c.reason)
				if diff := cmp.Diff(wsMessage{Code: c.code, Reason: c.reason}, readWS(ctx, to)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	for _, side := range []string{"client", "upstream"} {
		t.Run("lost "+side, func(t *testing.T) {
			ctx, from, to := relayWS(t, "")
			if side == "upstream" {
				from, to = to, from
			}
			from.CloseNow()
			if got := readWS(ctx, to); got.Code != -1 || !strings.Contains(got.Reason, "EOF") {
				t.Errorf("the end is %+v", got)
			}
		})
	}
}
