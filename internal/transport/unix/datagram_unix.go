//go:build unix

package unix

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// DatagramDriver opens unixgram:// endpoints. A peer is a path that a datagram came from, or
// that one was sent to.
type DatagramDriver struct{}

// Listen binds the path and starts reading.
func (DatagramDriver) Listen(ctx context.Context, s *transport.DriverSession) error {
	k, err := newSocket(ctx, s, s.Endpoint())
	if err != nil {
		return err
	}
	s.Opened(k.local)
	k.start()
	return nil
}

// Dial makes a socket that the endpoint's path can answer, and that path its peer.
func (DatagramDriver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	to := s.Endpoint().Address
	if err := checkName(to); err != nil {
		return nil, err
	}
	probe, err := (&net.Dialer{Timeout: s.Options().ConnectTimeout}).DialContext(ctx, "unixgram", to.Path)
	if err != nil {
		return nil, explain("connect", to, err)
	}
	probe.Close()
	own := sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.Unixgram, Path: ownName()}}
	k, err := newSocket(ctx, s, own)
	if err != nil {
		return nil, err
	}
	s.Opened(k.local)
	m := k.peer(to.Path, &sockeye.Detail{Reason: sockeye.ReasonLocal})
	if m == nil {
		k.close()
		return nil, transport.ErrClosing
	}
	m.owns = true
	k.start()
	return m.peer, nil
}

// ownName is a name for a socket that connects, so that it can be answered.
func ownName() string {
	name := fmt.Sprintf("sockeye-%d-%08x", os.Getpid(), rand.Uint32())
	if runtime.GOOS == "linux" {
		return "@" + name
	}
	return filepath.Join(os.TempDir(), name)
}

// datagramSocket is one bound datagram socket and the peers that it knows.
type datagramSocket struct {
	session *transport.DriverSession
	conn    *net.UnixConn
	raw     syscall.RawConn
	file    *socketFile
	local   sockeye.SocketAddr

	// order makes the journal's order the kernel's: it is held over a send that does not
	// wait, and to record.
	order sync.Mutex

	mu    sync.Mutex
	peers map[string]*peerConn
	clock uint64 // counts uses of peers
}

func newSocket(ctx context.Context, s *transport.DriverSession, ep sockeye.Endpoint) (*datagramSocket, error) {
	k := &datagramSocket{session: s, peers: map[string]*peerConn{}, local: sockeye.TextSocketAddr(ep.Address.Path)}
	var err error
	k.file, err = bind(ep, func(lc net.ListenConfig, path string) error {
		conn, err := lc.ListenPacket(ctx, "unixgram", path)
		if err == nil {
			k.conn = conn.(*net.UnixConn)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := setBuffer(k.conn, s.Options()); err != nil {
		k.close()
		return nil, explain("listen", ep.Address, err)
	}
	if k.raw, err = k.conn.SyscallConn(); err != nil {
		k.close()
		return nil, err
	}
	k.raw.Control(func(fd uintptr) { requestCredentials(int(fd)) })
	return k, nil
}

func (k *datagramSocket) close() {
	k.file.remove()
	k.conn.Close()
}

func (k *datagramSocket) start() {
	k.session.OnReach(k.reach)
	k.session.OnStop(k.close)
	k.session.Go(k.readAll)
}

// largest holds any datagram: the kernel takes none that is larger than a send buffer.
const largest = 256 << 10

// readAll reads until the socket is closed, then lets its peers leave.
func (k *datagramSocket) readAll() {
	s := k.session
	trouble := transport.NewErrorLimiter(s)
	defer trouble.Flush()
	defer k.removeAll()
	buf, oob := make([]byte, max(largest, s.Options().ReadSize)), make([]byte, controlSpace)
	for {
		n, oobn, flags, from, err := k.conn.ReadMsgUnix(buf, oob)
		switch {
		case err == nil:
			who := credentials(oob[:oobn])
			if flags&unix.MSG_CTRUNC != 0 {
				trouble.Add(passedDescriptors(nameOf(from, who)))
			}
			k.received(from, buf[:n], who)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			trouble.Add(netinfo.Explain("receive", "unixgram://"+k.local.String(), err))
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// passedDescriptors is the error of a datagram that came with descriptors.
func passedDescriptors(from sockeye.SocketAddr) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.Unsupported, Op: "receive", Target: from.String(),
		Message: sockeye.Text{En: "the sender passed file descriptors with a datagram; they were closed", Zh: "发送方随数据报传递了文件描述符，已将其关闭"},
		Hint:    sockeye.Text{En: "the data itself is taken; a protocol that passes descriptors (SCM_RIGHTS) needs a program of its own", Zh: "数据本身已接收；传递描述符（SCM_RIGHTS）的协议需要专门的程序"}}
}

func (k *datagramSocket) received(from *net.UnixAddr, data []byte, who *sockeye.Process) {
	s := k.session
	var how *sockeye.Detail
	if who != nil {
		how = &sockeye.Detail{Process: who}
	}
	name, answerable := nameOf(from, who).String(), from != nil && from.Name != ""
	if answerable {
		name = from.Name
	}
	m := k.peer(name, how)
	if m == nil {
		return
	}
	m.unnamed.Store(!answerable)
	m.process.Store(who)
	var detail *sockeye.Detail
	if most := s.Options().ReadSize; len(data) > most {
		detail = &sockeye.Detail{Datagram: len(data)}
		data = data[:most]
	}
	k.order.Lock()
	m.peer.Record(m.peer.Received(s.Now(), data, detail))
	k.order.Unlock()
	if r := s.Config().Responder; r != nil {
		r.Received(m.peer.Public(), data)
	}
}

// reach makes a peer of a path that nothing came from yet.
func (k *datagramSocket) reach(to sockeye.SocketAddr) (*transport.Peer, error) {
	if to.IsIP() || !to.IsValid() {
		return nil, transport.NoPeer(to.String())
	}
	m := k.peer(to.String(), &sockeye.Detail{Reason: sockeye.ReasonLocal})
	if m == nil {
		return nil, transport.ErrClosing
	}
	return m.peer.Public(), nil
}

// peer finds or makes the peer of a path; nil when the session is closing. At the peer
// limit the one heard of longest ago makes room.
func (k *datagramSocket) peer(name string, how *sockeye.Detail) *peerConn {
	s := k.session
	k.mu.Lock()
	k.clock++
	if m := k.peers[name]; m != nil {
		m.used = k.clock
		k.mu.Unlock()
		return m
	}
	m := &peerConn{socket: k, name: name, used: k.clock}
	m.peer = s.NewPeer(k.local, sockeye.TextSocketAddr(printable(name)))
	m.peer.SetConn(m)
	var oldest *peerConn
	if len(k.peers) >= s.Options().MaxPeers {
		for _, other := range k.peers {
			if oldest == nil || other.used < oldest.used {
				oldest = other
			}
		}
	}
	if !s.Add(m.peer) {
		k.mu.Unlock()
		return nil
	}
	k.peers[name] = m
	k.mu.Unlock()
	if oldest != nil {
		oldest.peer.SetReason(sockeye.ReasonLimit, nil)
		oldest.remove()
	}
	m.peer.RecordJoined(how)
	if r := s.Config().Responder; r != nil {
		r.Joined(m.peer.Public())
	}
	return m
}

func (k *datagramSocket) removeAll() {
	k.mu.Lock()
	all := make([]*peerConn, 0, len(k.peers))
	for _, m := range k.peers {
		all = append(all, m)
	}
	k.mu.Unlock()
	for _, m := range all {
		m.remove()
	}
}

// trySend sends a datagram if the peer's queue has room, and records it with how it was sent.
func (k *datagramSocket) trySend(m *peerConn, data []byte, how *sockeye.Detail) error {
	var sent error
	err := k.raw.Control(func(fd uintptr) {
		k.order.Lock()
		defer k.order.Unlock()
		if sent = unix.Sendto(int(fd), data, unix.MSG_DONTWAIT, &unix.SockaddrUnix{Name: m.name}); sent == nil {
			m.peer.Record(m.peer.Sent(k.session.Now(), data, how))
		}
	})
	if err != nil {
		return net.ErrClosed
	}
	return sent
}
