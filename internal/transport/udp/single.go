package udp

import "sockeye/internal/netinfo"

// singleIO takes and sends one datagram with each call, as every system can.
type singleIO struct {
	socket   *udpSocket
	conn     netUDPConn
	buf, oob []byte
	one      [1]datagram
}

func newSingleIO(k *udpSocket) *singleIO {
	return &singleIO{socket: k, conn: k.conn.(netUDPConn), buf: make([]byte, largestDatagram), oob: make([]byte, 256)}
}

// largestDatagram holds the longest one there is (see maxDatagram6).
const largestDatagram = 64 << 10

func (b *singleIO) read() ([]datagram, error) {
	n, oobn, _, from, err := b.conn.ReadMsgUDPAddrPort(b.buf, b.oob)
	if err != nil {
		return nil, err
	}
	d := &b.one[0]
	*d = datagram{from: netinfo.Unmapped(from), data: b.buf[:min(n, b.socket.server.session.Options().ReadSize)], size: n, control: parseControl(b.oob[:oobn])}
	return b.one[:], nil
}

func (b *singleIO) dropped() uint32 { return b.socket.droppedCount() }

func (b *singleIO) send(replies []datagramReply) (int, error) {
	for i, a := range replies {
		if _, err := b.socket.write(a.to, a.data); err != nil {
			return i, err
		}
	}
	return len(replies), nil
}
