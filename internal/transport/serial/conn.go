package serial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/serialport"
	"sockeye/internal/transport"
)

// conn is an open port.
type conn struct {
	serialport.OpenPort
	name          string
	local, remote sockeye.SocketAddr

	mu     sync.Mutex // held while events of the lines are recorded
	peer   *transport.DriverPeer
	closed bool
	lines  *sockeye.ModemLines    // as they were last; nil: the port has none
	errors *serialport.LineErrors // as they were counted last; nil: nobody counts
}

func newConn(p serialport.OpenPort, name string, c serialport.Config) *conn {
	out := &conn{OpenPort: p, name: name, local: sockeye.TextSocketAddr(c.String()), remote: sockeye.TextSocketAddr(name)}
	if lines, err := p.Lines(); err == nil {
		out.lines = &lines
	}
	if counted, err := p.Errors(); err == nil {
		out.errors = &counted
	}
	return out
}

// Local is how this side is set.
func (c *conn) Local() sockeye.SocketAddr { return c.local }

// Remote is the port.
func (c *conn) Remote() sockeye.SocketAddr { return c.remote }

// joined is what the joined event tells.
func (c *conn) joined() *sockeye.Detail {
	if c.lines == nil {
		return nil
	}
	return &sockeye.Detail{Lines: &sockeye.LineEvent{ModemLines: *c.lines}}
}

// SyscallConn is that of a port whose descriptor tells when there is something to read.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if p, ok := c.OpenPort.(syscall.Conn); ok {
		return p.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// begin says whose events those of the lines are.
func (c *conn) begin(p *transport.DriverPeer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer = p
}

// Close gives the port back. No event of the lines is recorded after it.
func (c *conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.OpenPort.Close()
}

// Explain says of the errors of reading and writing what they mean: a line has no end,
// so an end of what is read means that the port is gone.
func (c *conn) Explain(err error) error {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case closed:
		return net.ErrClosed
	case errors.Is(err, io.EOF):
		return serialport.Gone(c.name, nil)
	case isGone(err):
		return serialport.Gone(c.name, err)
	}
	return err
}

// Drain waits until everything is on the line.
func (c *conn) Drain(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if n, err := c.Unsent(); err != nil || n == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// CloseWrite is never called: a line has no end.
func (c *conn) CloseWrite() error { return nil }

// Abort does nothing: Close drops what is not sent, and nobody can be told.
func (c *conn) Abort() {}

// FillStatus adds how the lines are, and what is not on the line yet.
func (c *conn) FillStatus(st *sockeye.PeerStatus) {
	st.Unsent = c.Unacknowledged()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lines != nil {
		lines := *c.lines
		st.Lines = &lines
	}
}

// Outgoing knows nothing of acknowledgements: a line has none.
func (c *conn) Outgoing() (netinfo.SendState, bool) { return netinfo.SendState{}, false }

// Unacknowledged is what is not on the line yet.
func (c *conn) Unacknowledged() int {
	if n, err := c.Unsent(); err == nil {
		return n
	}
	return -1
}

// SetLines sets DTR and RTS, and holds the line in the break state.
func (c *conn) SetLines(set sockeye.LineSetting) error {
	for _, line := range []struct {
		want sockeye.OptionalBool
		set  func(bool) error
	}{{set.DTR, c.SetDTR}, {set.RTS, c.SetRTS}} {
		if line.want == sockeye.Default {
			continue
		}
		if err := line.set(line.want == sockeye.On); err != nil {
			return err
		}
	}
	how := ""
	if set.Break > 0 {
		if err := c.Break(set.Break); err != nil {
			return err
		}
		how = sockeye.BreakSent
	}
	c.recordLines(how)
	return nil
}

// linePollInterval is how often the lines and the counters of errors are looked at: drivers do
// not tell of changes without blocking a thread for each port.
const linePollInterval = 100 * time.Millisecond

// watch records what happens on the lines, until the peer is gone.
func (c *conn) watch(gone <-chan struct{}) {
	if c.lines == nil && c.errors == nil {
		return
	}
	tick := time.NewTicker(linePollInterval)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
			c.recordLines("")
		}
	}
}

// recordLines records what changed on the lines since it looked last; sent says that a break
// was sent.
func (c *conn) recordLines(sent string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.peer == nil {
		return
	}
	event := &sockeye.LineEvent{Break: sent}
	if c.errors != nil {
		if counted, err := c.Errors(); err == nil {
			grown := counted.Sub(*c.errors)
			*c.errors = counted
			if grown.Break > 0 && sent == "" {
				event.Break = sockeye.BreakReceived
			}
			if fault := faultOf(grown, c.name); fault != nil {
				c.peer.Record(sockeye.Event{Kind: sockeye.Failed, Detail: &sockeye.Detail{Err: fault}})
			}
		}
	}
	if c.lines != nil {
		if lines, err := c.Lines(); err == nil {
			event.Changed = lines.Changes(*c.lines)
			*c.lines = lines
		}
		event.ModemLines = *c.lines
	}
	if event.Changed != nil || event.Break != "" {
		c.peer.Record(sockeye.Event{Kind: sockeye.Lines, Detail: &sockeye.Detail{Lines: event}})
	}
}

// faultOf says which characters were damaged or lost; nil if none were.
func faultOf(grown serialport.LineErrors, name string) *sockeye.Error {
	var en, zh []string
	add := func(n uint32, inEnglish, inChinese string) {
		if n > 0 {
			en, zh = append(en, fmt.Sprintf("%d %s", n, inEnglish)), append(zh, fmt.Sprintf("%d 个%s", n, inChinese))
		}
	}
	add(grown.Framing, "framing errors", "帧错误")
	add(grown.Parity, "parity errors", "校验错误")
	add(grown.Overrun, "overruns in the hardware", "硬件溢出")
	add(grown.Overflow, "overruns in the driver", "驱动缓冲区溢出")
	if en == nil {
		return nil
	}
	e := &sockeye.Error{Kind: sockeye.LineFault, Op: "receive", Target: name,
		Message: sockeye.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "，")}}
	switch {
	case grown.Framing > 0 || grown.Parity > 0:
		e.Hint = sockeye.Text{En: "set baud rate, parity and stop bits as the device has them; check the ground wire", Zh: "波特率、校验位和停止位应与设备一致；请检查地线"}
	default:
		e.Hint = sockeye.Text{En: "lower the baud rate, or use flow control", Zh: "请降低波特率或使用流控"}
	}
	return e
}
