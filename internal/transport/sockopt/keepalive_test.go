package sockopt

import (
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

// A system that knows no count of keepalive probes keeps its own, unless one was
// asked for: a connection does not fail for it.
func TestKeepAliveWithoutCount(t *testing.T) {
	unknown := os.NewSyscallError("setsockopt", syscall.ENOPROTOOPT)
	noCount := func(c net.KeepAliveConfig) error {
		if c.Count >= 0 {
			return unknown
		}
		return nil
	}
	const idle, interval = 5 * time.Second, 5 * time.Second
	whole := net.KeepAliveConfig{Enable: true, Idle: idle, Interval: interval, Count: 3}
	without := net.KeepAliveConfig{Enable: true, Idle: idle, Interval: interval, Count: -1}
	asked := whole
	asked.Count = 7
	for _, test := range []struct {
		name string
		o    sockeye.Options
		set  func(net.KeepAliveConfig) error
		want []net.KeepAliveConfig // what is tried
		err  error
	}{
		{"count known", sockeye.Options{}, func(net.KeepAliveConfig) error { return nil }, []net.KeepAliveConfig{whole}, nil},
		{"count unknown", sockeye.Options{}, noCount, []net.KeepAliveConfig{whole, without}, nil},
		{"count unknown and asked for", sockeye.Options{KeepAliveCount: 7}, noCount, []net.KeepAliveConfig{asked}, unknown},
		{"no keepalive at all", sockeye.Options{}, func(net.KeepAliveConfig) error { return unknown }, []net.KeepAliveConfig{whole, without}, unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			ep := sockeye.Endpoint{Mode: sockeye.Connect, Options: test.o}
			s := For(ep)
			var tried []net.KeepAliveConfig
			err := s.setKeepAlive(func(c net.KeepAliveConfig) error {
				tried = append(tried, c)
				return test.set(c)
			})
			if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if !slices.Equal(tried, test.want) {
				t.Errorf("tried %+v, want %+v", tried, test.want)
			}
		})
	}
}
