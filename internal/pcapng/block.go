package pcapng

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// le writes little-endian numbers.
var le = binary.LittleEndian

// integrity is the content of the option that closes every block. Its number is
// beside it in packet blocks.
type integrity struct {
	version     byte
	kind        byte
	flags       uint16
	part, parts uint16
	segment     uint32
	peer        uint64
	number      uint64
}

// room extends dst by n bytes, whatever they hold.
func room(dst []byte, n int) []byte { return slices.Grow(dst, n)[:len(dst)+n] }

// appendOption appends one option with its padding.
func appendOption(dst []byte, code uint16, value string) []byte {
	dst = le.AppendUint16(dst, code)
	dst = le.AppendUint16(dst, uint16(len(value)))
	dst = append(dst, value...)
	for len(dst)&3 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// appendCustomOption appends the note's JSON, in several options when it is long.
func appendCustomOption(dst, json []byte) []byte {
	const piece = 32 << 10
	for len(json) > 0 {
		n := min(len(json), piece)
		dst = le.AppendUint16(dst, optCustomText)
		dst = le.AppendUint16(dst, uint16(4+n))
		dst = le.AppendUint32(dst, enterprise)
		dst = append(dst, json[:n]...)
		for len(dst)&3 != 0 {
			dst = append(dst, 0)
		}
		json = json[n:]
	}
	return dst
}

// closeBlock ends the block that began at start with its integrity option and length: any
// but a packet block.
func closeBlock(dst []byte, start int, s *integrity) []byte {
	length := len(dst) - start + integrityOption + integrityLonger + blockTail
	le.PutUint32(dst[start+4:], uint32(length))
	dst = le.AppendUint16(dst, optCustomData)
	dst = le.AppendUint16(dst, 4+integrityContent+integrityLonger)
	dst = le.AppendUint32(dst, enterprise)
	dst = append(dst, s.version, s.kind)
	dst = le.AppendUint16(dst, s.flags)
	dst = le.AppendUint16(dst, s.part)
	dst = le.AppendUint16(dst, s.parts)
	dst = le.AppendUint32(dst, s.segment)
	dst = le.AppendUint64(dst, s.peer)
	dst = le.AppendUint64(dst, s.number)
	dst = le.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
	dst = le.AppendUint32(dst, optEnd)
	return le.AppendUint32(dst, uint32(length))
}

// appendSection begins a section header block.
func appendSection(dst []byte) []byte {
	dst = le.AppendUint32(dst, blockSection)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint32(dst, byteOrderMagic)
	dst = le.AppendUint32(dst, 1)           // version 1.0 of pcapng
	return le.AppendUint64(dst, ^uint64(0)) // length of the section: not known
}

// appendInterface begins an interface description block of packets of a link type.
func appendInterface(dst []byte, link uint32) []byte {
	dst = le.AppendUint32(dst, blockInterface)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint32(dst, link)
	return le.AppendUint32(dst, snapLength)
}

// appendStatistics begins an interface statistics block.
func appendStatistics(dst []byte, iface uint32, at uint64) []byte {
	dst = le.AppendUint32(dst, blockStatistics)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint32(dst, iface)
	dst = le.AppendUint32(dst, uint32(at>>32))
	return le.AppendUint32(dst, uint32(at))
}

// packetBlock is a packet block being written: what goes around the packet.
type packetBlock struct {
	iface     uint32
	at        uint64 // Unix nanoseconds
	direction uint32
	options   []byte
	integrity integrity
}

// open appends a block with room for a packet of n bytes, of which there were
// more, original, if it is cut. The packet is to be put at packetFixed, before
// close is called.
func (b *packetBlock) open(dst []byte, n, original int) []byte {
	start := len(dst)
	length := packetFixed + padded(n) + len(b.options) + packetAfter
	dst = room(dst, length)
	h := (*[packetFixed]byte)(dst[start:])
	le.PutUint32(h[0:], blockPacket)
	le.PutUint32(h[4:], uint32(length))
	le.PutUint32(h[8:], b.iface)
	le.PutUint32(h[12:], uint32(b.at>>32))
	le.PutUint32(h[16:], uint32(b.at))
	le.PutUint32(h[20:], uint32(n))
	le.PutUint32(h[24:], uint32(original))
	return dst
}

// close fills in what comes after the packet of n bytes.
func (b *packetBlock) close(block []byte, n int) {
	hash := crc32.ChecksumIEEE(block[packetFixed:][:n])
	end := packetFixed + n // where the packet ends and what the CRC covers goes on
	after := block[packetFixed+padded(n):]
	clear(block[end : len(block)-len(after)])

	o := (*[20]byte)(after)
	le.PutUint32(o[0:], optFlags|4<<16)
	le.PutUint32(o[4:], b.direction)
	le.PutUint32(o[8:], optHash|5<<16)
	le.PutUint32(o[12:], hashCRC32|hash<<8)
	le.PutUint32(o[16:], hash>>24) // and three bytes of padding
	copy(after[20:], b.options)

	s := &b.integrity
	t := (*[12 + integrityOption + blockTail]byte)(after[20+len(b.options):])
	le.PutUint32(t[0:], optPacketID|8<<16)
	le.PutUint64(t[4:], s.number)
	le.PutUint32(t[12:], optCustomData|(4+integrityContent)<<16)
	le.PutUint32(t[16:], enterprise)
	t[20], t[21] = s.version, s.kind
	le.PutUint16(t[22:], s.flags)
	le.PutUint16(t[24:], s.part)
	le.PutUint16(t[26:], s.parts)
	le.PutUint32(t[28:], s.segment)
	le.PutUint64(t[32:], s.peer)
	crc := crc32.Update(0, castagnoli, block[:packetFixed])
	crc = crc32.Update(crc, castagnoli, block[end:len(block)-blockTail-4])
	le.PutUint32(t[40:], crc)
	le.PutUint32(t[44:], optEnd)
	le.PutUint32(t[48:], uint32(len(block)))
}

// appendCount appends an option of one 64-bit number.
func appendCount(dst []byte, code uint16, n uint64) []byte {
	dst = le.AppendUint16(dst, code)
	dst = le.AppendUint16(dst, 8)
	return le.AppendUint64(dst, n)
}
