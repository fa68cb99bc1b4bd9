package tutorial

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/terminal"
)

// tcpDemoCommand is "demo tcp": the words of the lesson, happening on real sockets of the
// loopback, with the kernel's own numbers.
func (a *tutorialCommands) tcpDemoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tcp",
		Short: a.t("Show what TCP does, on real sockets: handshake, window, FIN, RST …", "用真实的套接字演示 TCP：握手、窗口、FIN、RST……"),
		Long: a.t(`Show what TCP does, on real sockets of this computer, step by step with the kernel's own
numbers: the three-way handshake, acknowledgement, a window that fills up because nobody
reads, retransmission at 20 % loss (as root on Linux, in a network of its own; else a relay
that passes nothing on), FIN and half-close, TIME_WAIT, RST, and a full backlog whose SYN is sent
again. It takes a few seconds. Numbers are shown where the system tells them (Linux).`,
			`在本机用真实的套接字一步步演示 TCP 的行为，并显示内核给出的数字：三次握手、确认、
因无人读取而填满的窗口、20 % 丢包下的重传（Linux 上以 root 在独立的网络中；否则用一个
只收不转的转发）、FIN 与半关闭、TIME_WAIT、RST，以及队列已满时 SYN 的重传。
全程几秒钟。系统提供数字时（Linux）才会显示。`),
		Example: "  sockeye demo tcp",
		Args:    terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			d := &tcpDemo{tutorialCommands: a}
			defer d.close()
			return d.run()
		},
	}
}

// demoLimit bounds each step.
const demoLimit = 10 * time.Second

// tcpDemo is one run of the demo: a server, a client and its connection at both ends.
type tcpDemo struct {
	*tutorialCommands
	number         int
	listener       *net.TCPListener
	client, server *net.TCPConn
	more           []io.Closer
}

func (d *tcpDemo) close() {
	for _, c := range d.more {
		c.Close()
	}
}

func (d *tcpDemo) run() error {
	for _, step := range []func() error{d.handshake, d.acknowledgement, d.fillWindow, d.readAgain, d.retransmission, d.halfClose, d.timeWait, d.reset, d.fullBacklog} {
		if err := d.Ctx.Err(); err != nil {
			return d.Interrupted()
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// say tells a step.
func (d *tcpDemo) say(en, zh string) {
	d.number++
	fmt.Fprintf(d.Out, "\n%d. %s\n", d.number, d.t(en, zh))
}

// show tells the numbers that matter in a step, of one end of the connection.
func (d *tcpDemo) show(c *net.TCPConn, names ...string) {
	st := statusOf(c)
	fmt.Fprintf(d.Out, "   tcp %s ⇄ %s", c.LocalAddr(), c.RemoteAddr())
	if st.TCP != nil {
		var list []string
		for _, r := range st.TCP.Rows(st.Unsent) {
			for _, name := range names {
				if r.Name.En == name {
					list = append(list, r.Name.In(d.Lang)+" "+r.Value)
				}
			}
		}
		fmt.Fprintf(d.Out, "\n   %s", strings.Join(list, ", "))
	}
	fmt.Fprintln(d.Out)
}

// statusOf asks the kernel for the numbers of a connection; TCP is nil where it does not tell.
func statusOf(c *net.TCPConn) (st sockeye.PeerStatus) {
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { netinfo.FillTCP(&st, int(fd)) })
	}
	return st
}

// until waits for a state, where the system tells of it at all.
func (d *tcpDemo) until(c *net.TCPConn, is func(sockeye.PeerStatus) bool) error {
	for end := time.Now().Add(demoLimit); ; {
		st := statusOf(c)
		if st.TCP == nil || is(st) {
			return nil
		}
		if time.Now().After(end) {
			return demoError(errors.New("the kernel did not come to the expected state"))
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-d.Ctx.Done():
			return d.Interrupted()
		}
	}
}

func demoError(err error) error { return netinfo.Explain("connect", "127.0.0.1", err) }

func (d *tcpDemo) handshake() error {
	d.say("Handshake: the client sends SYN, the server answers SYN-ACK, the client ACK. Now both know the five-tuple:",
		"三次握手：客户端发 SYN，服务器回 SYN-ACK，客户端再回 ACK。此后双方都知道这个五元组：")
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return demoError(err)
	}
	d.listener, d.more = l, append(d.more, l)
	if d.client, d.server, err = d.pair(); err != nil {
		return demoError(err)
	}
	d.show(d.client, "state", "round trip", "their window")
	return nil
}

// pair is a connection at both ends. Small buffers let its window fill soon.
func (d *tcpDemo) pair() (client, server *net.TCPConn, err error) {
	return d.pairThrough(d.listener.Addr().String())
}

// pairThrough is a connection to an address by which our listener is reached, at both ends.
func (d *tcpDemo) pairThrough(address string) (client, server *net.TCPConn, err error) {
	c, err := net.DialTimeout("tcp4", address, demoLimit)
	if err != nil {
		return nil, nil, err
	}
	d.more = append(d.more, c)
	d.listener.SetDeadline(time.Now().Add(demoLimit))
	if server, err = d.listener.AcceptTCP(); err != nil {
		return nil, nil, err
	}
	d.more = append(d.more, server)
	return c.(*net.TCPConn), server, nil
}

func (d *tcpDemo) acknowledgement() error {
	d.say(`Acknowledgement: the client sends "hello"; as soon as the other kernel has it, nothing is in flight any more, read or not:`,
		"确认：客户端发送 hello；对方内核一收到，就不再有在途数据，无论程序是否读取：")
	if _, err := io.WriteString(d.client, "hello"); err != nil {
		return demoError(err)
	}
	if err := d.until(d.client, func(st sockeye.PeerStatus) bool { return st.Unsent == 0 }); err != nil {
		return err
	}
	d.show(d.client, "in flight", "send queue", "round trip")
	return nil
}

func (d *tcpDemo) fillWindow() error {
	d.say("Window: the server does not read, the client goes on sending. Their window closes, and bytes wait here:",
		"窗口：服务器不读取，客户端继续发送。对方窗口关闭，字节在本方等待：")
	d.client.SetWriteBuffer(64 << 10)
	sent := 5
	for idle := 0; idle < 3; { // full is what takes nothing three times
		d.client.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := d.client.Write(make([]byte, 64<<10))
		sent += n
		if idle++; err == nil || n > 0 {
			idle = 0
		}
		if d.Ctx.Err() != nil {
			return d.Interrupted()
		}
	}
	fmt.Fprintf(d.Out, d.t("   the kernels took %d bytes, then no more\n", "   两端内核共收下 %d 字节，之后不再接收\n"), sent)
	d.show(d.client, "their window", "send queue", "in flight")
	return nil
}

func (d *tcpDemo) readAgain() error {
	d.say("The server reads everything: the window opens again, and the queue runs empty:",
		"服务器读取全部：窗口重新打开，队列清空：")
	d.client.SetWriteDeadline(time.Time{})
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		io.Copy(io.Discard, d.server)
	}()
	err := d.until(d.client, func(st sockeye.PeerStatus) bool { return st.Unsent == 0 })
	d.show(d.client, "their window", "send queue", "delivery rate")
	d.client.CloseWrite()
	<-drained
	return err
}

func (d *tcpDemo) halfClose() error {
	d.say("FIN and half-close: the client has ended its direction. The server may still send, and does:",
		"FIN 与半关闭：客户端结束了自己的方向。服务器仍可发送，也确实发送了：")
	if _, err := io.WriteString(d.server, "bye"); err != nil {
		return demoError(err)
	}
	b := make([]byte, 3)
	d.client.SetReadDeadline(time.Now().Add(demoLimit))
	if _, err := io.ReadFull(d.client, b); err != nil {
		return demoError(err)
	}
	fmt.Fprintf(d.Out, d.t("   the client received %q after its own FIN\n", "   客户端在自己的 FIN 之后收到 %q\n"), b)
	d.show(d.client, "state")
	d.show(d.server, "state")
	return nil
}

func (d *tcpDemo) timeWait() error {
	d.say("TIME_WAIT: both have closed; who closed first keeps the five-tuple for a minute:",
		"TIME_WAIT：双方都已关闭；先关闭的一方将五元组保留一分钟：")
	local, remote := netinfo.AddrPort(d.client.LocalAddr()), netinfo.AddrPort(d.client.RemoteAddr())
	d.server.Close()
	d.client.Close()
	for end := time.Now().Add(demoLimit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if d.Ctx.Err() != nil {
			return d.Interrupted()
		}
		// Another connection may have the same local end: only both ends are the five-tuple.
		list, err := netinfo.Sockets(func(s netinfo.SocketInfo) bool {
			return s.Local == local && s.Remote == remote && s.State == "TIME-WAIT"
		})
		if err != nil {
			return nil // not told here
		}
		if len(list) > 0 {
			fmt.Fprintf(d.Out, "   tcp %s ⇄ %s\n   %s\n", list[0].Local, list[0].Remote, list[0].State)
			return nil
		}
	}
	fmt.Fprintf(d.Out, d.t("   tcp %s ⇄ %s: the kernel does not show it, as happens when it holds too many of them already (net.ipv4.tcp_max_tw_buckets)\n",
		"   tcp %s ⇄ %s：内核没有显示它；TIME_WAIT 已经太多时会这样（net.ipv4.tcp_max_tw_buckets）\n"), local, remote)
	return nil
}

func (d *tcpDemo) reset() error {
	d.say("RST: a program that aborts throws everything away at once, and the other side's read fails:",
		"RST：主动中止的程序立即丢弃一切，另一方的读取失败：")
	client, server, err := d.pair()
	if err != nil {
		return demoError(err)
	}
	client.SetLinger(0)
	client.Close()
	server.SetReadDeadline(time.Now().Add(demoLimit))
	_, err = server.Read(make([]byte, 1))
	d.show(server, "state")
	fmt.Fprintf(d.Out, "   read: %s\n", netinfo.ErrnoName(err))
	return nil
}

// fullBacklog fills the accept queue of a server that accepts nothing; the next SYN is
// dropped, and sent again after a second: a retransmission that needs no bad network.
func (d *tcpDemo) fullBacklog() error {
	if runtime.GOOS != "linux" {
		return nil // other systems treat a full queue in other ways
	}
	d.say("Backlog and retransmission: a server with room for one waiting connection accepts nothing. The SYN of the next one is dropped, and sent again after 1 s:",
		"等待队列与重传：服务器只能容纳一个等待的连接，且不接受。下一个连接的 SYN 被丢弃，1 秒后重传：")
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return demoError(err)
	}
	d.more = append(d.more, l)
	if err := setBacklog(l, 0); err != nil {
		return demoError(err)
	}
	at := netinfo.AddrPort(l.Addr())
	for range 3 { // the queue takes one more than the backlog says
		go func() {
			if c, err := net.DialTimeout("tcp4", at.String(), 3*time.Second); err == nil {
				time.Sleep(3 * time.Second)
				c.Close()
			}
		}()
	}
	for end := time.Now().Add(demoLimit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		list, err := netinfo.Sockets(func(s netinfo.SocketInfo) bool { return s.Remote == at && s.State == "SYN-SENT" && s.Retransmits > 0 })
		if err != nil {
			return demoError(err)
		}
		if len(list) > 0 {
			queues, _ := netinfo.AcceptQueues(at.Port())
			for _, q := range queues {
				fmt.Fprintf(d.Out, d.t("   %s: %d waiting, backlog %d\n", "   %s：%d 个等待，backlog %d\n"), q.Local, q.Waiting, q.Backlog)
			}
			fmt.Fprintf(d.Out, d.t("   tcp %s ⇄ %s\n   %s, sent again %d times\n", "   tcp %s ⇄ %s\n   %s，已重传 %d 次\n"), list[0].Local, list[0].Remote, list[0].State, list[0].Retransmits)
			return nil
		}
		if d.Ctx.Err() != nil {
			return d.Interrupted()
		}
	}
	return nil
}
