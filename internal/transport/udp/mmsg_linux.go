package udp

import (
	"net/netip"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye/internal/netinfo"
	"sockeye/internal/transport"
)

// A batch begins with few datagrams, since each has a buffer of its own, and
// doubles whenever more have come than fit.
const (
	minBatch = 8
	maxBatch = 128
)

// mmsgIO takes and sends many datagrams with each call (recvmmsg(2),
// sendmmsg(2)). Headers are laid out once, and a reply goes to the address as the
// kernel gave it.
type mmsgIO struct {
	socket *udpSocket
	conn   *rawUDPConn

	in, out   []mmsghdr
	names     []unix.RawSockaddrInet6 // large enough for IPv4, too
	parts     []unix.Iovec
	outParts  []unix.Iovec
	controls  [][controlSize]byte
	buffers   []byte
	datagrams []datagram

	n    int // datagrams of the last read
	lost uint32

	wantsControl bool // there may be control messages
	zones        map[uint32]string
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

// controlSize has room for a time and for destinations in both families.
const controlSize = 128

func newDatagramIO(k *udpSocket) datagramIO {
	onAll := !k.connected && k.local.Addr().IsUnspecified()
	if onAll {
		requestPacketInfo(k.conn)
	}
	if k.server.session.Config().PortableOnly {
		return newSingleIO(k)
	}
	transport.EnsureTwoProcs()
	conn, err := takeOver(k)
	if err != nil {
		return newSingleIO(k)
	}
	k.conn = conn
	b := &mmsgIO{socket: k, conn: conn, wantsControl: onAll || k.server.session.Options().KernelTime.Or(false)}
	b.layOutBuffers(minBatch)
	return b
}

// layOutBuffers prepares for n datagrams with each call.
func (b *mmsgIO) layOutBuffers(n int) {
	size := min(b.socket.server.session.Options().ReadSize, largestDatagram)
	// A distance between buffers that is not a power of two spreads them over the
	// processor's caches.
	distance := size + 3*64
	b.in, b.out = make([]mmsghdr, n), make([]mmsghdr, n)
	b.names = make([]unix.RawSockaddrInet6, n)
	b.parts, b.outParts = make([]unix.Iovec, n), make([]unix.Iovec, n)
	if b.wantsControl {
		b.controls = make([][controlSize]byte, n)
	}
	b.buffers = make([]byte, n*distance)
	b.datagrams = make([]datagram, n)
	for i := range n {
		part := &b.parts[i]
		part.Base = &b.buffers[i*distance]
		part.SetLen(size)
		m := &b.in[i]
		m.Iov = part
		m.SetIovlen(1)
		if b.wantsControl {
			m.Control = &b.controls[i][0]
			m.SetControllen(controlSize)
		}
		b.out[i].Iov = &b.outParts[i]
		b.out[i].SetIovlen(1)
		m.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		m.Namelen = unix.SizeofSockaddrInet6
	}
}

func (b *mmsgIO) read() ([]datagram, error) {
	if b.n == len(b.in) {
		if b.n < maxBatch {
			b.layOutBuffers(2 * b.n)
		} else {
			runtime.Gosched() // there may be more at once, and others to serve
		}
	}
	b.n = 0
	err := b.conn.retryUntil(unix.POLLIN, false, func(fd int) (errno syscall.Errno) {
		if b.n, errno = rawRecvmmsg(fd, b.in); errno == 0 {
			b.lost = dropsOf(fd) // what is dropped later was preceded by what is still to be read
		}
		return errno
	})
	if err != nil {
		return nil, callFailed("recvmmsg", err)
	}
	for i := range b.n {
		b.parse(i)
	}
	return b.datagrams[:b.n], nil
}

func (b *mmsgIO) dropped() uint32 { return b.lost }

// parse makes a datagram of message i, and resets its header for the next call.
func (b *mmsgIO) parse(i int) {
	m, d := &b.in[i], &b.datagrams[i]
	d.size = int(m.n)
	d.data = unsafe.Slice(b.parts[i].Base, b.parts[i].Len)[:min(d.size, int(b.parts[i].Len))]
	if b.wantsControl {
		d.control = parseControl(b.controls[i][:m.Controllen])
		m.SetControllen(controlSize)
	}
	d.from = b.address(&b.names[i])
	m.Namelen = unix.SizeofSockaddrInet6
}

// address reads a socket address of the kernel's.
func (b *mmsgIO) address(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := *(*[2]byte)(unsafe.Pointer(&name.Port))
	number := uint16(port[0])<<8 | uint16(port[1])
	if name.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr), number)
	}
	ip := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && ip.Is6() {
		ip = ip.WithZone(b.zone(name.Scope_id))
	}
	return netip.AddrPortFrom(ip, number)
}

// zone remembers the names of interfaces, which take long to ask for.
func (b *mmsgIO) zone(index uint32) string {
	name, known := b.zones[index]
	if !known {
		if b.zones == nil {
			b.zones = map[uint32]string{}
		}
		name = netinfo.ZoneName(int(index))
		b.zones[index] = name
	}
	return name
}

func (b *mmsgIO) send(replies []datagramReply) (int, error) {
	for i, a := range replies {
		m, part := &b.out[i], &b.outParts[i]
		part.Base = unsafe.SliceData(a.data)
		part.SetLen(len(a.data))
		if !b.socket.connected {
			m.Name = (*byte)(unsafe.Pointer(&b.names[a.of]))
			m.Namelen = nameLength(&b.names[a.of])
		}
		m.Control = unsafe.SliceData(a.to.sourceControl)
		m.SetControllen(len(a.to.sourceControl))
	}
	sent := 0
	err := b.conn.retryUntil(unix.POLLOUT, true, func(fd int) (errno syscall.Errno) {
		sent, errno = rawSendmmsg(fd, b.out[:len(replies)])
		return errno
	})
	return sent, callFailed("sendmmsg", err) // what stopped it before the last one comes with the next call
}

func nameLength(name *unix.RawSockaddrInet6) uint32 {
	if name.Family == unix.AF_INET {
		return unix.SizeofSockaddrInet4
	}
	return unix.SizeofSockaddrInet6
}
