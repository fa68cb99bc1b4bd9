package tcp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
	"sockeye/internal/transport/inet"
	"sockeye/internal/transport/sockopt"
)

// attemptDelay is the Connection Attempt Delay of RFC 8305, section 5.
const attemptDelay = 250 * time.Millisecond

// maxAttempts is how many addresses of a name are tried: more than any honest name has
// of each family, and few enough that all have been begun 4 s after the first.
const maxAttempts = 16

// dialer connects to the address of an endpoint.
type dialer struct {
	ep     sockeye.Endpoint
	opts   *sockeye.Options // with defaults
	setter *sockopt.Setter
	filter func(to netip.AddrPort) error // transport.Config.DialFilter
}

// dialStream connects to the endpoint: all its addresses in Happy Eyeballs order
// (RFC 8305), each begun when the one before failed or is slow, the first maxAttempts of
// them. It returns the first connection and what was tried.
func (d *dialer) dialStream(ctx context.Context) (*net.TCPConn, []sockeye.Attempt, error) {
	addrs, err := netinfo.Resolve(ctx, d.ep.Address.Host, d.ep.Address.Network)
	if err != nil {
		return nil, nil, err
	}
	return d.raceDial(ctx, inet.Interleave(addrs, d.opts.Prefer))
}

// dialResult is the outcome of one attempt.
type dialResult struct {
	index   int
	conn    *net.TCPConn
	err     error
	elapsed time.Duration
}

// race is attempts at several addresses, each begun some time after the one before.
type race struct {
	dialer   *dialer
	addrs    []netip.Addr
	attempts []sockeye.Attempt // begun, in the order of addrs
	begun    time.Time
	next     *time.Timer // until the next attempt begins
	outcomes chan dialResult
	winner   *net.TCPConn
}

// begin makes an attempt at the next address, if there is one and nobody has won.
func (r *race) begin(ctx context.Context) {
	i := len(r.attempts)
	if r.winner != nil || i == len(r.addrs) {
		return
	}
	to := netip.AddrPortFrom(r.addrs[i], r.dialer.ep.Address.Port)
	r.attempts = append(r.attempts, sockeye.Attempt{Address: to, After: time.Since(r.begun)})
	r.next.Reset(attemptDelay)
	go func() {
		start := time.Now()
		conn, err := r.dialer.dialOne(ctx, to)
		r.outcomes <- dialResult{i, conn, err, time.Since(start)}
	}()
}

// end takes the outcome of an attempt: the first that succeeded wins.
func (r *race) end(o dialResult) {
	at := &r.attempts[o.index]
	at.Took = o.elapsed
	switch {
	case o.err != nil:
		at.Err = netinfo.Explain("connect", at.Address.String(), o.err)
	case r.winner == nil:
		r.winner = o.conn
	default:
		o.conn.Close()
		at.Err = &sockeye.Error{Kind: sockeye.Canceled}
	}
}

// raceDial connects to the first address that answers; see RFC 8305. It returns the attempts
// even if none succeeded.
func (d *dialer) raceDial(ctx context.Context, addrs []netip.Addr) (*net.TCPConn, []sockeye.Attempt, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := max(0, len(addrs)-maxAttempts)
	addrs = addrs[:len(addrs)-left]
	r := &race{dialer: d, addrs: addrs, begun: time.Now(), next: time.NewTimer(attemptDelay), outcomes: make(chan dialResult, len(addrs))}
	defer r.next.Stop()
	r.begin(ctx)
	for ended := 0; ended < len(r.attempts); {
		select {
		case <-r.next.C:
			r.begin(ctx)
		case o := <-r.outcomes:
			ended++
			if r.end(o); r.winner != nil {
				cancel()
			} else if ctx.Err() == nil {
				r.begin(ctx)
			}
		}
	}
	if r.winner != nil {
		return r.winner, r.attempts, nil
	}
	return nil, r.attempts, allFailed(d.ep.Address, r.attempts, left)
}

// dialOne makes one connection, from the first source address that has a free port.
func (d *dialer) dialOne(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.opts.ConnectTimeout)
	defer cancel()
	if err := inet.RefuseGroup("connect", sockeye.TCP, to.Addr()); err != nil {
		return nil, err
	}
	if d.filter != nil {
		if err := d.filter(to); err != nil {
			return nil, err
		}
	}
	nd := net.Dialer{ControlContext: d.setter.Dial, KeepAlive: -1}
	nd.SetMultipathTCP(false)
	var err error
	for _, from := range inet.Sources(d.opts, to.Addr()) {
		if from.IsValid() {
			nd.LocalAddr = net.TCPAddrFromAddrPort(from)
		}
		var conn net.Conn
		if conn, err = nd.DialContext(ctx, "tcp", to.String()); err == nil {
			return d.finishDial(conn.(*net.TCPConn))
		}
		if !netinfo.IsErrno(err, syscall.EADDRNOTAVAIL) {
			break
		}
	}
	return nil, err
}

// finishDial finishes a fresh connection's options and refuses one to itself.
func (d *dialer) finishDial(conn *net.TCPConn) (*net.TCPConn, error) {
	if netinfo.AddrPort(conn.LocalAddr()) == netinfo.AddrPort(conn.RemoteAddr()) && !d.opts.SelfConnect.Or(false) {
		conn.SetLinger(0)
		conn.Close()
		return nil, &sockeye.Error{
			Kind: sockeye.SelfConnect, Op: "connect", Target: conn.RemoteAddr().String(),
			Message: sockeye.Text{
				En: "nothing listens there: the connection met its own socket (simultaneous open, RFC 9293 section 3.5)",
				Zh: "没有程序在监听：连接遇到了自己的套接字（同时打开，RFC 9293 第 3.5 节）"},
			Hint: sockeye.Text{
				En: "start the server first, or take another source port",
				Zh: "请先启动服务器，或换一个源端口"},
		}
	}
	if err := d.setter.AfterConnect(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// allFailed is the error of a connection that no address gave: the first
// attempt's that was not merely cut short, with the others named. untried counts the
// addresses that the name had besides.
func allFailed(to sockeye.Address, attempts []sockeye.Attempt, untried int) error {
	e := *attempts[0].Err
	for _, a := range attempts {
		if a.Err.Kind != sockeye.Canceled {
			e = *a.Err
			break
		}
	}
	e.Op, e.Target = "connect", to.String()
	if len(attempts) > 1 {
		var tried []string
		for _, a := range attempts {
			tried = append(tried, a.Address.String())
		}
		list := strings.Join(tried, ", ")
		listed := sockeye.Text{En: "tried " + list, Zh: "已尝试 " + list}
		if untried > 0 {
			listed.En += fmt.Sprintf("; %d more addresses of the name were left out", untried)
			listed.Zh += fmt.Sprintf("；该名称的其余 %d 个地址未尝试", untried)
			e.Hint = sockeye.Text{En: "write the address that you mean instead of the name", Zh: "请写出要连接的地址，而不是名称"}
		}
		e.Message = sockeye.Text{
			En: e.Reason(sockeye.English) + " (" + listed.En + ")",
			Zh: e.Reason(sockeye.Chinese) + "（" + listed.Zh + "）"}
	}
	return &transport.AttemptsError{Err: &e, Attempts: attempts}
}
