package freeport

import (
	"net"
	"testing"
)

// What is found can be had at once, by TCP and UDP, and is not found while somebody has it.
func TestFind(t *testing.T) {
	at := Loopback(t)
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if free(uint16(l.Addr().(*net.TCPAddr).Port)) == nil {
		t.Errorf("%s is taken for free", at)
	}
}
