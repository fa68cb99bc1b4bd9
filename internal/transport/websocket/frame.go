package websocket

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"sockeye"
)

// opcode says what a frame is (RFC 6455 section 5.2).
type opcode byte

const (
	opContinuation opcode = 0
	opText         opcode = 1
	opBinary       opcode = 2
	opClose        opcode = 8
	opPing         opcode = 9
	opPong         opcode = 10
)

func (o opcode) isControl() bool { return o >= opClose }

// Bits of the first two bytes.
const (
	bitFinal      = 0x80
	bitCompressed = 0x40 // RSV1 (RFC 7692 section 6)
	bitsReserved  = 0x30
	bitMasked     = 0x80
)

// maxControl is the most bytes of a control frame (RFC 6455 section 5.5).
const maxControl = 125

// frameHeader is what a frame begins with.
type frameHeader struct {
	op         opcode
	final      bool
	compressed bool
	masked     bool
	key        [4]byte
	length     int64
}

// maxHeader is the most bytes of a header.
const maxHeader = 14

// append adds the header as it goes over the wire.
func (h frameHeader) append(dst []byte) []byte {
	first, mask := byte(h.op), byte(0)
	if h.final {
		first |= bitFinal
	}
	if h.compressed {
		first |= bitCompressed
	}
	if h.masked {
		mask = bitMasked
	}
	switch {
	case h.length <= maxControl:
		dst = append(dst, first, mask|byte(h.length))
	case h.length <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, first, mask|126), uint16(h.length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, mask|127), uint64(h.length))
	}
	if h.masked {
		dst = append(dst, h.key[:]...)
	}
	return dst
}

// readHeader reads a header. At the end of the stream before it the error is io.EOF.
func readHeader(r *bufio.Reader) (h frameHeader, err error) {
	b, err := r.Peek(2)
	if err != nil {
		if len(b) > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return h, err
	}
	h = frameHeader{op: opcode(b[0] & 15), final: b[0]&bitFinal != 0, compressed: b[0]&bitCompressed != 0, masked: b[1]&bitMasked != 0, length: int64(b[1] &^ bitMasked)}
	if b[0]&bitsReserved != 0 {
		return h, violation("a reserved bit is set", "保留位被置位")
	}
	size := 2
	switch h.length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	key := size
	if h.masked {
		size += 4
	}
	if b, err = r.Peek(size); err != nil {
		return h, noEOF(err)
	}
	switch h.length {
	case 126:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.masked {
		copy(h.key[:], b[key:])
	}
	r.Discard(size)
	return h, h.check()
}

// check refuses what no frame may be.
func (h frameHeader) check() error {
	switch {
	case h.length < 0:
		return violation("the length of a frame is negative", "帧长度为负")
	case h.op > opPong, h.op > opBinary && h.op < opClose:
		return violation(fmt.Sprintf("frames have no opcode %d", h.op), fmt.Sprintf("没有操作码 %d", h.op))
	case h.op.isControl() && !h.final:
		return violation("a control frame is fragmented", "控制帧被分片")
	case h.op.isControl() && h.length > maxControl:
		return violation(fmt.Sprintf("a control frame of %d bytes; it has at most %d", h.length, maxControl), fmt.Sprintf("控制帧有 %d 字节，最多 %d", h.length, maxControl))
	case h.op.isControl() && h.compressed:
		return violation("a control frame is compressed", "控制帧被压缩")
	}
	return nil
}

// mask applies the key to bytes that begin at an offset of the payload (RFC 6455
// section 5.3). Twice gives the bytes back.
func mask(b []byte, key [4]byte, at int) {
	for ; len(b) > 0 && at&3 != 0; at, b = at+1, b[1:] {
		b[0] ^= key[at&3]
	}
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// protocolError is what the other side did against the protocol, and the code to close with.
type protocolError struct {
	code int
	text sockeye.Text
}

func (e *protocolError) Error() string { return e.text.En }

func violation(en, zh string) error {
	return &protocolError{sockeye.CloseProtocol, sockeye.Text{En: en, Zh: zh}}
}
