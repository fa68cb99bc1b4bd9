//go:build unix

package unix

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// peerConn sends the datagrams of one peer.
type peerConn struct {
	socket  *datagramSocket
	peer    *transport.DriverPeer
	name    string
	unnamed atomic.Bool // it has no address: nothing can be sent to it
	owns    bool        // the socket is there for this peer
	used    uint64      // socket.clock when it was used last; socket.mu guards it
	process atomic.Pointer[sockeye.Process]
	once    sync.Once
}

// fullQueuePause is how long a sender waits until it tries again: the kernel does not
// say when the queue of a peer has room, unless the socket is connected.
const fullQueuePause = 5 * time.Millisecond

// Send sends one datagram. It waits while the peer does not read.
func (m *peerConn) Send(ctx context.Context, data []byte) (int, error) {
	if m.unnamed.Load() {
		return 0, &sockeye.Error{Kind: sockeye.Unsupported, Op: "send", Target: m.peer.String(),
			Message: sockeye.Text{En: "the sender has no address that could be answered", Zh: "发送方没有可以应答的地址"},
			Hint:    sockeye.Text{En: "have it bind a path of its own (socat: bind=PATH)", Zh: "请让它绑定自己的路径（socat：bind=路径）"}}
	}
	if d := m.socket.session.Options().SendTimeout; d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d, os.ErrDeadlineExceeded)
		defer cancel()
	}
	for {
		err := m.socket.trySend(m, data, transport.HowSent(ctx))
		switch {
		case err == nil:
			return len(data), nil
		case netinfo.IsErrno(err, syscall.EMSGSIZE):
			return 0, tooLarge(m.peer.String(), err)
		case netinfo.IsErrno(err, syscall.EAGAIN, syscall.ENOBUFS):
		default:
			if err == net.ErrClosed {
				return 0, err
			}
			return 0, explain("send", sockeye.Address{Network: sockeye.Unixgram, Path: m.name}, os.NewSyscallError("sendto", err))
		}
		pause := time.NewTimer(fullQueuePause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return 0, context.Cause(ctx)
		case <-m.peer.Public().Done():
			pause.Stop()
			return 0, net.ErrClosed
		}
	}
}

func tooLarge(target string, err error) error {
	return &sockeye.Error{Kind: sockeye.TooLarge, Op: "send", Target: target, Errno: "EMSGSIZE", Err: err,
		Message: sockeye.Text{En: "the message does not fit the send buffer, and goes whole or not at all", Zh: "消息超出发送缓冲区，而它只能整条发送"},
		Hint:    sockeye.Text{En: "send it in smaller pieces, raise --send-buffer, or use unix://", Zh: "请分成小块、增大 --send-buffer，或改用 unix://"}}
}

// Finish fails: there is no direction that could end.
func (m *peerConn) Finish(context.Context) error {
	return &sockeye.Error{Kind: sockeye.Unsupported, Op: "finish", Target: m.peer.String(),
		Message: sockeye.Text{En: "datagrams have no connection to finish", Zh: "数据报没有连接可以结束"}}
}

// Close forgets the peer.
func (m *peerConn) Close(context.Context) { m.Stop(false) }

// Stop forgets the peer.
func (m *peerConn) Stop(bool) {
	if m.owns {
		m.socket.close() // the reader lets the peer leave
	}
	m.remove()
}

func (m *peerConn) remove() {
	m.once.Do(func() {
		k := m.socket
		k.mu.Lock()
		delete(k.peers, m.name)
		k.mu.Unlock()
		m.peer.RecordLeft(0)
	})
}

// FinishIfDone does nothing.
func (m *peerConn) FinishIfDone() {}

// Sending is not known.
func (m *peerConn) Sending() bool { return false }

// Outgoing is not known.
func (m *peerConn) Outgoing() (netinfo.SendState, bool) { return netinfo.SendState{}, false }

// FillStatus adds which process sent last.
func (m *peerConn) FillStatus(st *sockeye.PeerStatus) { st.Process = m.process.Load() }

// Control calls f with the descriptor of the socket, unless it is closed.
func (m *peerConn) Control(f func(fd uintptr)) error { return m.socket.raw.Control(f) }
