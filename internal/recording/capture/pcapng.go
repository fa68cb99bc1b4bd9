package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"sockeye"
)

// The blocks that matter here (draft-ietf-opsawg-pcapng).
const (
	sectionMagic = "\x0a\x0d\x0d\x0a" // the same in both byte orders

	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockPacketOld = 2
	blockSimple    = 3
	blockPacket    = 6

	byteOrderMagic = 0x1A2B3C4D

	// maxBlock has room for a packet and its options, each of up to 64 KiB.
	maxBlock      = maxPacket + 1<<18
	maxInterfaces = 1 << 16

	lastSecond = 253402300799 // of the year 9999, the last one that RFC 3339 writes
)

// pcapngFile reads the newer format.
type pcapngFile struct {
	r          *bufio.Reader
	order      binary.ByteOrder
	interfaces []iface
	last       time.Time // of the last packet that has one
}

// iface is an interface description.
type iface struct {
	link   uint16
	snap   uint32
	clock  uint8 // if_tsresol
	offset int64 // seconds
}

func newPcapng(r *bufio.Reader) (packets, error) {
	p := &pcapngFile{r: r}
	if _, _, err := p.block(); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Err: err, Message: sockeye.Text{En: "not a capture: " + err.Error(), Zh: "不是抓包文件：段头有误"}}
	}
	return p, nil
}

// block reads the next block and gives what is between its two lengths; nil for a
// kind that does not matter.
func (p *pcapngFile) block() (kind uint32, body []byte, err error) {
	var head [16]byte
	if err := fill(p.r, head[:8]); err != nil {
		return 0, nil, err
	}
	least := uint32(12)
	if string(head[:4]) == sectionMagic {
		least = 28
		if err := p.section(head[8:]); err != nil {
			return 0, nil, err
		}
	}
	kind, length := p.order.Uint32(head[:]), p.order.Uint32(head[4:])
	if length < least || length&3 != 0 {
		return 0, nil, broken(fmt.Sprintf("the rest cannot be read: a block of %d bytes", length), fmt.Sprintf("其余部分无法读取：数据块长 %d 字节", length))
	}
	rest := int64(length) - 8
	if kind == blockSection {
		rest -= 8
	}
	switch kind {
	case blockInterface, blockPacketOld, blockSimple, blockPacket:
		if length > maxBlock {
			return 0, nil, tooLarge(int64(length))
		}
		body = make([]byte, rest)
		if err := fill(p.r, body); err != nil {
			return 0, nil, cutOff(err)
		}
		if p.order.Uint32(body[rest-4:]) != length {
			return 0, nil, broken("the rest cannot be read: the two lengths of a block differ", "其余部分无法读取：数据块的两个长度不一致")
		}
		return kind, body[:rest-4], nil
	}
	return kind, nil, p.discard(rest)
}

// section begins a section, which may have another byte order. head is for the
// next eight bytes.
func (p *pcapngFile) section(head []byte) error {
	if err := fill(p.r, head); err != nil {
		return cutOff(err)
	}
	switch {
	case binary.LittleEndian.Uint32(head) == byteOrderMagic:
		p.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head) == byteOrderMagic:
		p.order = binary.BigEndian
	default:
		return broken("the section header has no byte order", "段头没有字节序")
	}
	p.interfaces = p.interfaces[:0]
	if major := p.order.Uint16(head[4:]); major != 1 {
		return broken(fmt.Sprintf("the rest is in version %d of pcapng, which is not known here", major), fmt.Sprintf("其余部分是 pcapng 版本 %d，尚不支持", major))
	}
	return nil
}

// discard passes over what may be longer than an int.
func (p *pcapngFile) discard(n int64) error {
	for n > 0 {
		done, err := p.r.Discard(int(min(n, math.MaxInt32)))
		if err != nil {
			return cutOff(err)
		}
		n -= int64(done)
	}
	return nil
}

func (p *pcapngFile) next() (capturedPacket, error) {
	for {
		kind, body, err := p.block()
		if err != nil {
			return capturedPacket{}, err
		}
		switch kind {
		case blockInterface:
			if err := p.describe(body); err != nil {
				return capturedPacket{}, err
			}
		case blockPacket, blockPacketOld, blockSimple:
			return p.packet(kind, body)
		}
	}
}

// describe takes in an interface description block.
func (p *pcapngFile) describe(b []byte) error {
	if len(b) < 8 || len(p.interfaces) == maxInterfaces {
		return broken("the rest cannot be read: an interface is not described well", "其余部分无法读取：接口描述有误")
	}
	i := iface{link: p.order.Uint16(b), snap: p.order.Uint32(b[4:]), clock: 6}
	p.options(b[8:], func(code uint16, value []byte) {
		switch {
		case code == 9 && len(value) >= 1: // if_tsresol
			i.clock = value[0]
		case code == 14 && len(value) >= 8: // if_tsoffset
			i.offset = int64(p.order.Uint64(value))
		}
	})
	p.interfaces = append(p.interfaces, i)
	return nil
}

// options calls do with each option, up to the end or to what is none.
func (p *pcapngFile) options(b []byte, do func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := p.order.Uint16(b), int(p.order.Uint16(b[2:]))
		if code == 0 || 4+n > len(b) {
			return
		}
		do(code, b[4:4+n])
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// comment is what the options of a packet have as comments (opt_comment), several with ; between.
func (p *pcapngFile) comment(options []byte) string {
	var all []string
	p.options(options, func(code uint16, value []byte) {
		if one := sockeye.CommentOf(string(value)); code == 1 && one != "" && len(all) < maxPacketComments {
			all = append(all, one)
		}
	})
	return sockeye.CommentOf(strings.Join(all, "; "))
}

// maxPacketComments bounds how many comments of one packet are read.
const maxPacketComments = 16

// packet parses one of the three kinds of block that hold one.
func (p *pcapngFile) packet(kind uint32, b []byte) (capturedPacket, error) {
	fixed, n := 20, 0
	if kind == blockSimple {
		fixed = 4
	}
	if len(b) < fixed {
		return capturedPacket{}, broken("the rest cannot be read: a packet block is too short", "其余部分无法读取：数据包块太短")
	}
	switch kind {
	case blockPacket:
		n = int(min(p.order.Uint32(b), math.MaxInt32))
	case blockPacketOld:
		n = int(p.order.Uint16(b))
	}
	if n >= len(p.interfaces) {
		return capturedPacket{}, broken(fmt.Sprintf("the rest cannot be read: a packet of interface %d, which is not described", n), fmt.Sprintf("其余部分无法读取：数据包属于未描述的接口 %d", n))
	}
	i := p.interfaces[n]
	out := capturedPacket{link: i.link, at: p.last}
	captured, length := p.order.Uint32(b), p.order.Uint32(b)
	if kind == blockSimple {
		if i.snap != 0 {
			captured = min(captured, i.snap)
		}
		captured = min(captured, uint32(len(b)-fixed))
	} else {
		captured, length = p.order.Uint32(b[12:]), p.order.Uint32(b[16:])
		out.at = i.time(uint64(p.order.Uint32(b[4:]))<<32 | uint64(p.order.Uint32(b[8:])))
		p.last = out.at
	}
	if int64(captured) > int64(len(b)-fixed) {
		return capturedPacket{}, broken("the rest cannot be read: a packet is longer than its block", "其余部分无法读取：数据包长于其所在的数据块")
	}
	out.data = b[fixed : fixed+int(captured)]
	out.length = int(max(captured, min(length, maxPacket)))
	if kind != blockSimple {
		out.comment = p.comment(b[min(len(b), fixed+(int(captured)+3)&^3):])
	}
	return out, nil
}

// time is the moment of a count of the interface's clock.
func (i *iface) time(ticks uint64) time.Time {
	power := uint(i.clock & 0x7F)
	var seconds, rest uint64
	switch {
	case i.clock&0x80 != 0 && power < 64: // powers of 2
		one := uint64(1) << power
		hi, lo := bits.Mul64(ticks%one, 1e9)
		seconds = ticks / one
		rest, _ = bits.Div64(hi, lo, one)
	case i.clock&0x80 == 0 && power < 20: // powers of 10
		one := uint64(1)
		for range power {
			one *= 10
		}
		hi, lo := bits.Mul64(ticks%one, 1e9)
		seconds = ticks / one
		rest, _ = bits.Div64(hi, lo, one)
	}
	return time.Unix(min(max(int64(seconds)+i.offset, 0), lastSecond), int64(rest)).UTC()
}
