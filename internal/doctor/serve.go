package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// greeting begins the line that a serving doctor answers with; its code follows.
const greeting = "sockeye doctor "

// Serve answers probes at a port until ctx ends: whoever connects, or sends a datagram, is
// told this machine's code, and nothing else. served is called for each. It returns when
// its sockets are closed. The error is the system's.
func Serve(ctx context.Context, port uint16, served func(from string)) error {
	address := fmt.Sprintf(":%d", port)
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	udp, err := net.ListenPacket("udp", address)
	if err != nil {
		tcp.Close()
		return err
	}
	stop := context.AfterFunc(ctx, func() { tcp.Close(); udp.Close() })
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { serveDatagrams(ctx, udp, port, served) })
	defer group.Wait()
	defer udp.Close()
	defer tcp.Close()
	for {
		c, err := tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		served(c.RemoteAddr().String())
		group.Go(func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second))
			c.Write([]byte(ownGreeting(ctx, sockeye.TCP, port)))
		})
	}
}

func serveDatagrams(ctx context.Context, c net.PacketConn, port uint16, served func(string)) {
	b := make([]byte, 1)
	for {
		_, from, err := c.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if from == nil {
			continue // an ICMP error of somebody who has gone
		}
		served(from.String())
		c.WriteTo([]byte(ownGreeting(ctx, sockeye.UDP, port)), from)
	}
}

// ownGreeting is the line that a probe gets.
func ownGreeting(ctx context.Context, network sockeye.Network, port uint16) string {
	return greeting + OwnFacts(ctx, network, port).Code() + "\n"
}

// OwnFacts are those of this machine and one port of it, for the other side: TCP's unless the
// network sends datagrams. Nothing is sent for them. They say what the rules of this machine
// do with the port, where this process may read them, and that a program here connects to the
// port of another machine, if one waits for an answer.
func OwnFacts(ctx context.Context, network sockeye.Network, port uint16) *Facts {
	f := Collect(ctx, Question{})
	f.Network, f.Port, f.Local = cmp.Or(network, sockeye.TCP), port, true
	f.readSockets()
	f.readQueues()
	f.Firewall.read(ctx, f, true)
	if list := f.listening(f.transport()); len(list) > 0 && list[0].PID > 0 {
		f.Files = netinfo.FilesOf(list[0].PID)
	}
	if slices.ContainsFunc(f.Queues, func(q netinfo.ListenQueue) bool { return q.Waiting > 0 }) { // or a client just came
		select {
		case <-time.After(acceptTime):
		case <-ctx.Done():
		}
		f.keepWaiting()
	}
	if slices.ContainsFunc(f.listening(sockeye.UDP), func(s netinfo.SocketInfo) bool { return s.Unread > 0 }) {
		f.watchUnread(ctx)
	}
	waiting, err := netinfo.Sockets(func(s netinfo.SocketInfo) bool { return s.State == "SYN-SENT" && s.Remote.Port() == port })
	f.Connects = err == nil && len(waiting) > 0
	return f
}

// Greeted are the facts of the other side, if a serving doctor answered at the port; nil if
// none did.
func (f *Facts) Greeted() *Facts {
	for _, p := range f.Paths {
		for _, said := range []string{string(p.TCP.Said), string(p.UDP.Said)} {
			if code, ok := strings.CutPrefix(said, greeting); ok {
				if other, err := ParseCode(strings.TrimSpace(code)); err == nil {
					return other
				}
			}
		}
	}
	return nil
}
