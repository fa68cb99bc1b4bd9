package client_test

import (
	"reflect"
	"testing"

	"sockeye"
	"sockeye/client"
)

// A relay gives each peer a connection of its own to the upstream, in a second session that
// ends with the first.
func TestRelayConnectsEachPeer(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		_, address := x.listen(&client.OpenOptions{Echo: true})
		upstream := sockeye.Endpoint{Mode: sockeye.Connect}
		if err := upstream.ReadAddress(address, 0); err != nil {
			t.Fatal(err)
		}
		relay, between := x.listen(&client.OpenOptions{Upstream: &upstream, Faults: []string{"latency 1ms to upstream"}})
		board := x.board(between)
		x.say(board, "there and back")
		x.hears(board, "there and back")
		all, err := x.Sessions(x.ctx)
		if err != nil || len(all) != 3 || all[2].Peers != 1 || all[2].Endpoint.Address.String() != upstream.Address.String() {
			t.Fatalf("%v %+v", err, all)
		}
		var pair *sockeye.PeerRef
		var hit *sockeye.FaultEvent
		for e, err := range x.Events(x.ctx, client.EventOptions{Session: relay, Once: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == sockeye.Paired {
				pair = e.Detail.Pair
			}
			if e.Kind == sockeye.Faulted && e.Peer != nil {
				hit = e.Detail.Fault
			}
		}
		if pair == nil || pair.Session != all[2].ID || pair.Address != address {
			t.Errorf("the pair is %+v", pair)
		}
		if want := (sockeye.FaultEvent{Kind: "latency", Fault: "latency 1ms to upstream", Bytes: 14, DelayMS: 1}); hit == nil || !reflect.DeepEqual(*hit, want) {
			t.Errorf("the fault is %+v", hit)
		}
		if err := x.CloseSession(x.ctx, relay); err != nil {
			t.Fatal(err)
		}
		_, err = x.Open(x.ctx, upstream, &client.OpenOptions{Upstream: &upstream})
		fails(t, err, sockeye.Invalid)
		_, err = x.Open(x.ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}, &client.OpenOptions{Upstream: &upstream, Faults: []string{"lag"}})
		fails(t, err, sockeye.Invalid)
	})
}

// What has no modem lines says so, and a setting that sets nothing is refused.
func TestSetLines(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		s, address := x.listen(nil)
		x.board(address)
		p, err := x.AwaitPeer(x.ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		fails(t, x.SetLines(x.ctx, s, p.ID, sockeye.LineSetting{DTR: sockeye.On}), sockeye.Unsupported)
		fails(t, x.SetLines(x.ctx, s, p.ID, sockeye.LineSetting{}), sockeye.Invalid)
		fails(t, x.SetLines(x.ctx, s, p.ID, sockeye.LineSetting{Break: 2 * sockeye.MaxBreak}), sockeye.Invalid)
	})
}
