// Package freeport finds ports for tests of programs that have to be told one.
//
// A port that the system chose and a test let go is given to the next who asks, of
// whatever program. The ports found here are below those that systems choose from
// (32768 on Linux, 49152 on others), so that nobody gets one by chance.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// Find returns a port of 10000 to 29999 that is free on every address of this machine, for
// TCP and for UDP, and fails the test if there is none.
func Find(t testing.TB) uint16 {
	t.Helper()
	var err error
	for range 100 {
		port := uint16(10_000 + rand.IntN(20_000))
		if err = free(port); err == nil {
			return port
		}
	}
	t.Fatalf("no free port from 10000 to 29999: %v", err)
	return 0
}

// Loopback returns 127.0.0.1 with a free port, "127.0.0.1:23456".
func Loopback(t testing.TB) string {
	t.Helper()
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), Find(t)).String()
}

func free(port uint16) error {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{Port: int(port)})
	if err != nil {
		return err
	}
	c, err := net.ListenUDP("udp", &net.UDPAddr{Port: int(port)})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return errors.Join(l.Close(), c.Close())
}
