package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"time"

	"sockeye"
)

// pcapFile reads the older format (draft-ietf-opsawg-pcap).
type pcapFile struct {
	r       *bufio.Reader
	order   binary.ByteOrder
	tick    time.Duration // of the fraction of a second
	swapped bool          // versions before 2.4 had the two lengths the other way round, some of the time
	link    uint16
}

// pcapOrder is the byte order of a file by its magic number, and whether its
// times are in nanoseconds.
func pcapOrder(head []byte) (order binary.ByteOrder, nano, ok bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case 0xA1B2C3D4:
			return order, false, true
		case 0xA1B23C4D:
			return order, true, true
		}
	}
	return nil, false, false
}

func newPcap(r *bufio.Reader, order binary.ByteOrder, nano bool) (packets, error) {
	var head [24]byte
	if err := fill(r, head[:]); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Err: err, Message: sockeye.Text{En: "too short for a capture", Zh: "太短，不是抓包文件"}}
	}
	major, minor := order.Uint16(head[4:]), order.Uint16(head[6:])
	if major != 2 {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Message: sockeye.Text{
			En: fmt.Sprintf("a pcap file of version %d.%d, which is not known here", major, minor), Zh: fmt.Sprintf("pcap 文件版本 %d.%d 尚不支持", major, minor)}}
	}
	// The upper half of the link type says whether frames have a checksum.
	p := &pcapFile{r: r, order: order, tick: time.Microsecond, swapped: minor < 4, link: uint16(order.Uint32(head[20:]))}
	if nano {
		p.tick = time.Nanosecond
	}
	if by, extra := p.patchedBy(); by != "" {
		return nil, otherCapture(sockeye.Text{
			En: fmt.Sprintf("a pcap file of the changed libpcap of %s, whose packet headers are %d bytes longer", by, extra),
			Zh: fmt.Sprintf("%s 修改的 libpcap 写出的 pcap 文件（数据包头长 %d 字节）", by, extra)})
	}
	return p, nil
}

// patchedBy names who changed the libpcap that wrote a file without changing its magic
// number, and by how much its packet headers are longer; "" for a file as it should be, and
// for one that does not tell: where the second header stands says how long the first was.
func (p *pcapFile) patchedBy() (name string, extra int) {
	first, err := p.r.Peek(16)
	if err != nil || p.secondHeader(first, 0) != notThere {
		return "", 0
	}
	for _, by := range []struct {
		name  string
		extra int
	}{{"Nokia", 4}, {"Red Hat 6.1", 8}} {
		if p.secondHeader(first, by.extra) == isThere {
			return by.name, by.extra
		}
	}
	return "", 0
}

// Whether a packet's header stands somewhere in a file.
const (
	notThere = iota
	isThere
	notKnown // the file ends before, or it is too far away
)

// secondHeader says whether the second header of a file follows a first one that is longer
// than it should be.
func (p *pcapFile) secondHeader(first []byte, extra int) int {
	order := p.order
	captured := order.Uint32(first[8:])
	if captured > maxPacket {
		return notKnown
	}
	at := 16 + extra + int(captured)
	head, err := p.r.Peek(at + 16)
	if err != nil {
		return notKnown
	}
	head = head[at:]
	size, length := order.Uint32(head[8:]), order.Uint32(head[12:])
	if size == 0 || max(size, length) > maxPacket || order.Uint32(head[4:]) >= uint32(time.Second/p.tick) || apart(order.Uint32(first), order.Uint32(head)) > 366*24*time.Hour {
		return notThere
	}
	return isThere
}

// apart is the time between two seconds of a file.
func apart(a, b uint32) time.Duration {
	return (time.Duration(max(a, b)) - time.Duration(min(a, b))) * time.Second
}

func (p *pcapFile) next() (capturedPacket, error) {
	var head [16]byte
	if err := fill(p.r, head[:]); err != nil {
		return capturedPacket{}, err
	}
	captured, length := p.order.Uint32(head[8:]), p.order.Uint32(head[12:])
	if captured > length && p.swapped {
		captured, length = length, captured
	}
	if captured > maxPacket {
		return capturedPacket{}, tooLarge(int64(captured))
	}
	out := capturedPacket{link: p.link, at: time.Unix(int64(p.order.Uint32(head[0:])), int64(p.order.Uint32(head[4:]))*int64(p.tick)).UTC()}
	out.data = make([]byte, captured)
	out.length = int(max(captured, min(length, maxPacket)))
	if err := fill(p.r, out.data); err != nil {
		return capturedPacket{}, cutOff(err)
	}
	return out, nil
}
