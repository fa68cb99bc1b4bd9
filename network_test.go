package sockeye

import "testing"

// Networks that follow from another one keep what it says of families and TLS.
func TestNetworksThatFollowFromOthers(t *testing.T) {
	for _, c := range []struct {
		network, datagrams, four Network
		port                     uint16
	}{
		{"", UDP, TCP4, 0}, {TCP, UDP, TCP4, 0}, {TCP6, UDP6, TCP4, 0}, {UDP4, UDP4, UDP4, 0}, {Unix, Unixgram, "", 0}, {Unixpacket, Unixpacket, "", 0},
		{Serial, Serial, "", 0}, {WebSocket, WebSocket, WebSocket4, 80}, {WebSocketTLS6, WebSocketTLS6, WebSocketTLS4, 443}, {MQTT, MQTT, MQTT4, 1883}, {MQTTTLS, MQTTTLS, MQTTTLS4, 8883},
	} {
		four, ok := c.network.WithFamily(4)
		if ok != (c.four != "") || ok && four != c.four {
			t.Errorf("%q with IPv4: %q, %v", c.network, four, ok)
		}
		if got := c.network.ForDatagrams(); got != c.datagrams {
			t.Errorf("%q for datagrams: %q", c.network, got)
		}
		if got := c.network.DefaultPort(); got != c.port {
			t.Errorf("%q has the port %d", c.network, got)
		}
	}
}

// The scheme is left out where it is meant anyhow.
func TestShortAddress(t *testing.T) {
	for typed, want := range map[string]string{"tcp://h:1": "h:1", ":5": ":5", "tcp4://h:1": "tcp4://h:1", "udp://h:1": "udp://h:1", "unix:///x": "unix:///x"} {
		if a, err := ParseAddress(typed); err != nil || a.Short() != want {
			t.Errorf("%s: %q, %v", typed, a.Short(), err)
		}
	}
}

// Each scheme is called in sentences as its documents call it.
func TestNetworkTitles(t *testing.T) {
	for network, want := range map[Network]string{TCP: "TCP", UDP6: "UDP6", Unix: "UNIX", Unixgram: "UNIXGRAM", Serial: "Serial", WebSocket: "WebSocket", WebSocket4: "WebSocket",
		WebSocketTLS: "WSS", TLS: "TLS", DTLS: "DTLS", MQTT: "MQTT", MQTTTLS: "MQTTS", "carrier-pigeon": "CARRIER-PIGEON"} {
		if got := network.Title(); got != want {
			t.Errorf("%s is called %q, want %q", network, got, want)
		}
	}
	for i := range schemes {
		if schemes[i].title == "" {
			t.Errorf("%s has no title", schemes[i].network)
		}
	}
}
