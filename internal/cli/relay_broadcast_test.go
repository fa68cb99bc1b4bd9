//go:build linux

package cli

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// --broadcast lets a relay of UDP pass on to everybody.
func TestRelayToBroadcastAddress(t *testing.T) {
	t.Parallel()
	everybody, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer everybody.Close()
	upstream := fmt.Sprintf("udp://127.255.255.255:%d", everybody.LocalAddr().(*net.UDPAddr).Port) // the loopback network's
	relay := run(t, "sockeye", "relay", "udp://127.0.0.1:0", upstream, "--broadcast")
	c, err := net.Dial("udp4", relay.address("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("everybody")); err != nil {
		t.Fatal(err)
	}
	everybody.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, 100)
	n, _, err := everybody.ReadFrom(got)
	if err != nil || string(got[:n]) != "everybody" {
		t.Errorf("got %q, %v", got[:n], err)
	}
}
