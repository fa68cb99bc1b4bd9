package device

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// F64: systemd hears that the process is ready, alive and stopping; a process that is stuck does
// not say that it is alive.
func TestNotifier(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	env := map[string]string{"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000"}
	n := newNotifier(func(name string) string { return env[name] })
	if n.every != 10*time.Millisecond {
		t.Errorf("the watchdog is fed every %v", n.every)
	}
	ctx, cancel := context.WithCancel(t.Context())
	fed, stuck, done := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		n.run(ctx, false, func() {
			if fed++; fed == 4 {
				<-stuck
			}
		})
	}()
	hear := func() string {
		b := make([]byte, 100)
		socket.SetReadDeadline(time.Now().Add(limit))
		k, err := socket.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:k])
	}
	for _, want := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"} {
		if got := hear(); got != want {
			t.Errorf("systemd hears %q, want %q", got, want)
		}
	}
	socket.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if k, err := socket.Read(make([]byte, 10)); err == nil {
		t.Errorf("stuck, it says %d bytes", k)
	}
	cancel()
	close(stuck)
	<-done
	if other := newNotifier(func(name string) string { return map[string]string{"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}[name] }); other.every != 0 {
		t.Error("it feeds the watchdog of another process")
	}
}
