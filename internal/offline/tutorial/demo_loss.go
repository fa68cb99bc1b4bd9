package tutorial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/workspace"
)

// lossPercent is the part of the packets that the demo's bad network loses.
const lossPercent = 20

// lossBytes is sent through it at a time: some 12 full segments.
const lossBytes = 16 << 10

// retransmission shows what TCP does where packets are lost: in a network of its own where
// the system allows one, else the nearest that can be seen without.
func (d *tcpDemo) retransmission() error {
	err := inLossyNetwork(d.loseSegments)
	if errors.Is(err, errors.ErrUnsupported) {
		return d.blackhole()
	}
	return err
}

// loseSegments runs inside the network of its own. lose lets its loopback lose packets from
// now on, and tells by what.
func (d *tcpDemo) loseSegments(lose func() (by string, err error)) error {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return demoError(err)
	}
	defer l.Close()
	lossy := &tcpDemo{tutorialCommands: d.tutorialCommands, listener: l}
	defer lossy.close()
	client, server, err := lossy.pair()
	if err != nil {
		return demoError(err)
	}
	by, err := lose()
	if err != nil {
		return err
	}
	d.say(fmt.Sprintf("Retransmission: a network of its own loses %d %% of all packets (%s). What is not acknowledged in time is sent again, and arrives:", lossPercent, by),
		fmt.Sprintf("重传：一个独立的网络丢弃 %d %% 的数据包（%s）。未及时得到确认的数据会重发，最终到达：", lossPercent, by))
	arrived := make(chan int64, 1)
	go func() {
		n, _ := io.Copy(io.Discard, server)
		arrived <- n
	}()
	st, sent := statusOf(client), 0
	for again := 0; again < 8 && st.TCP.Retransmits == 0; again++ { // once is almost always enough
		if _, err := client.Write(make([]byte, lossBytes)); err != nil {
			return demoError(err)
		}
		sent += lossBytes
		if err := d.until(client, func(st sockeye.PeerStatus) bool { return st.Unsent == 0 }); err != nil && d.Ctx.Err() != nil {
			return err
		}
		st = statusOf(client)
	}
	d.show(client, "round trip", "sent again", "congestion window", "send queue")
	client.SetLinger(0) // what has not arrived by now is thrown away
	client.Close()
	server.SetReadDeadline(time.Now().Add(500 * time.Millisecond)) // its RST may be lost, too
	fmt.Fprintf(d.Out, d.t("   %d of %d bytes arrived in %d segments, %d of them sent again\n", "   %d / %d 字节已到达，共 %d 个报文段，其中重传 %d 个\n"), <-arrived, sent, st.TCP.SegmentsSent, st.TCP.Retransmits)
	return nil
}

// blackhole shows a relay that takes everything and passes nothing on: to TCP nothing is
// lost, because the relay's kernel acknowledges.
func (d *tcpDemo) blackhole() error {
	d.say("Loss: packets can be lost on purpose only in a network of its own (root, Linux). Instead a relay takes what the client sends and passes nothing on. Its kernel acknowledges: acknowledged does not mean that the other program has it:",
		"丢失：只有在独立的网络中才能有意丢包（Linux，需 root）。这里改用一个只收不转的转发：它的内核会确认，而“已确认”并不表示对方程序已收到：")
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return demoError(err)
	}
	defer l.Close()
	bench := core.New(0)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), demoLimit)
		defer cancel()
		bench.Shutdown(ctx)
	}()
	at, err := d.openBlackhole(bench, l.Addr().String())
	if err != nil {
		return err
	}
	lost := &tcpDemo{tutorialCommands: d.tutorialCommands, listener: l}
	defer lost.close()
	client, server, err := lost.pairThrough(at)
	if err != nil {
		return demoError(err)
	}
	if _, err := client.Write([]byte("hello")); err != nil {
		return demoError(err)
	}
	if err := d.until(client, func(st sockeye.PeerStatus) bool { return st.Unsent <= 0 }); err != nil {
		return err
	}
	d.show(client, "state", "in flight", "send queue")
	server.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	_, err = server.Read(make([]byte, 1))
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		fmt.Fprintln(d.Out, d.t("   the server behind the relay received nothing in 500 ms", "   转发后面的服务器 500 ms 内没有收到任何数据"))
	}
	return nil
}

// openBlackhole opens the relay and says where it listens.
func (d *tcpDemo) openBlackhole(bench *core.Core, upstream string) (string, error) {
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}
	to, err := sockeye.ParseAddress(upstream)
	if err != nil {
		return "", err
	}
	set := (&workspace.Relay{Faults: []string{"blackhole to upstream"}}).Set()
	relay, err := bench.OpenRelay(d.Ctx, ep, sockeye.Endpoint{Mode: sockeye.Connect, Address: to}, core.RelayOptions{Faults: set})
	if err != nil {
		return "", err
	}
	return relay.Locals()[0].String(), nil
}
