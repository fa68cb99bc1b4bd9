package core

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/freeport"
)

// T52: relays of several programs that are each other's upstreams pass nothing round: one of
// them finds out that its upstream leads back to it, says so, and ends the connections, before
// any program holds more than fifty sockets. Each Core here knows nothing of the other's
// connections, as if it were a process of its own.
func TestRelaysOfSeveralProgramsInACircle(t *testing.T) {
	for network, most := range map[string]int{"tcp": 3, "udp": 2} {
		for programs := 2; programs <= most; programs++ {
			t.Run(fmt.Sprint(network, programs), func(t *testing.T) {
				first := freeport.Loopback(t)
				at := first
				relays := map[*Core]*Session{}
				for n := range programs {
					listen := "127.0.0.1:0"
					if n == programs-1 {
						listen = first
					}
					bench, s := openRelay(t, addressOf(t, network+"://"+listen), addressOf(t, network+"://"+at))
					relays[bench], at = s, s.Locals()[0].String()
				}
				c, err := net.Dial(network, first)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				io.WriteString(c, "round")
				joined, found := make(chan int, programs), make(chan bool, programs)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				for bench, s := range relays {
					go func() {
						n, loops := countJoined(ctx, bench, s)
						if loops {
							cancel()
						}
						joined <- n
						found <- loops
					}()
				}
				who := 0
				for range programs {
					// each has a socket on either side; those of UDP share the one that listens
					if n, sockets := <-joined, map[string]int{"tcp": 2, "udp": 1}[network]; n*sockets >= 50 {
						t.Errorf("%d peers joined one relay", n)
					}
					if <-found {
						who++
					}
				}
				if who == 0 {
					t.Error("nothing says that the way comes back")
				}
			})
		}
	}
}

// countJoined counts the peers of a relay until it says that its upstream leads back to it, or
// ctx ends.
func countJoined(ctx context.Context, bench *Core, relay *Session) (n int, loops bool) {
	cursor := bench.View(0)
	defer cursor.Close()
	for {
		e, err := cursor.Next(ctx)
		if err != nil {
			return n, false
		}
		if e.Kind == sockeye.Joined && e.Session == relay.id {
			n++
		}
		if e.Kind == sockeye.Failed && strings.Contains(e.Detail.Err.Message.En, "leads back to it") {
			return n, true
		}
	}
}

// Many connections that nobody answers, opened one after the other or all at once, are no circle:
// each is passed on, and none is refused.
func TestSilentConnectionsAreNoCircle(t *testing.T) {
	relay := relayTCP(t)
	var all []net.Conn
	defer func() {
		for _, c := range all {
			c.Close()
		}
	}()
	for n := range 60 {
		c, err := net.Dial("tcp", relay.s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, "reading ", n)
		all = append(all, c)
	}
	for range all {
		relay.up.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
		c, err := relay.up.Accept()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, p := range relay.s.Peers() {
		if p.State() == sockeye.Gone {
			t.Errorf("%v is gone: %v", p.Remote, p.Reason())
		}
	}
}

// A client that sends one message after the other, each in a connection of its own, to an
// upstream that reads and says nothing but that it has: no circle, though each connection comes as
// soon as the one before it ends.
func TestMessagesToSilentUpstreamAreNoCircle(t *testing.T) {
	relay := relayTCP(t)
	go func() {
		for {
			c, err := relay.up.Accept()
			if err != nil {
				return
			}
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	for n := range 40 {
		c, err := net.Dial("tcp", relay.s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		fmt.Fprint(c, "message ", n)
		c.(*net.TCPConn).CloseWrite()
		if _, err := io.ReadAll(c); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
		c.Close()
	}
}
