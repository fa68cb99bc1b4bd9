package api

import (
	"fmt"
	"net/http"
	"testing"
)

// A look at a peer's TCP is kept as an event, which windows of the journal show only to who
// asks for such.
func TestSample(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	board(t, s)
	p := v.follow(func(l Live) bool { return len(l.Peers) == 1 }).Peers[0]
	path := fmt.Sprintf("/api/v1/sessions/%s/peers/%d/sample", s.ID, p.ID)
	first := ask[Sample](v, "POST", path, None{})
	second := ask[Sample](v, "POST", path, None{})
	if first.TCP.State != "ESTABLISHED" || first.TCP.ReceiveWindow == 0 || first.TCP.Limit != "application" || first.TCP.LimitText == "" || second.Seq <= first.Seq {
		t.Errorf("samples %+v and %+v", first, second)
	}
	kept := ask[Events](v, "GET", fmt.Sprintf("/api/v1/events?kind=sample&session=%s&peer=%d", s.ID, p.ID), nil)
	if len(kept.Events) != 2 || kept.Events[0].Seq != first.Seq || kept.Events[1].TCP == nil || kept.Events[1].TCP.SendWindow != second.TCP.SendWindow {
		t.Errorf("kept: %+v", kept.Events)
	}
	for _, e := range ask[Events](v, "GET", "/api/v1/events", nil).Events {
		if e.Kind == "sample" {
			t.Errorf("the log has %+v", e)
		}
	}
	v.failing(http.StatusNotFound, "POST", fmt.Sprintf("/api/v1/sessions/%s/peers/99/sample", s.ID), None{})
	udp := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "udp://127.0.0.1:0"})
	to := ask[Peer](v, "POST", "/api/v1/sessions/"+udp.ID+"/peers", Reach{Address: udp.Locals[0]})
	v.failing(http.StatusNotImplemented, "POST", fmt.Sprintf("/api/v1/sessions/%s/peers/%d/sample", udp.ID, to.ID), None{})
}
