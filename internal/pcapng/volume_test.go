package pcapng

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"sockeye"
	"sockeye/internal/fuzztest"
)

// T39: whatever is changed in a segment, reading ends, without a panic and without much memory,
// gives no more bytes than there are, and tells of damage within the file. SOCKEYE_EXECS says in
// how many files.
func TestMutatedSegments(t *testing.T) {
	fuzztest.Run(t, fuzztest.FuzzTarget{
		Seeds: smallSegments(t),
		Fixed: 3 << 20, // as BlockDecoder says
		New:   func() func([]byte) error { return (&sweep{}).read },
		Seal:  reseal,
	})
}

// smallSegments are segments of some hundred bytes, with every kind of block and of event in them.
func smallSegments(t *testing.T) (segments [][]byte) {
	small := func(network string, add func(s *scene, p *sockeye.Peer)) []byte {
		s := newScene()
		l := session("s1", sockeye.Listen, network+"://:1")
		p := s.peer(l, "10.0.0.1:1", "[fe80::1%eth0]:2")
		add(s, p)
		b := s.encode(EncodeOptions{})
		segments = append(segments, b)
		return b
	}
	small("tcp", func(s *scene, p *sockeye.Peer) {
		s.on(p.Session, sockeye.Opened, &sockeye.Detail{Locals: []sockeye.SocketAddr{p.Local}})
		s.at(p, sockeye.Joined, "")
		s.received(p, "Hello 01Studio!")
	})
	small("udp", func(s *scene, p *sockeye.Peer) {
		s.sent(p, "ping")
		p.SetAlias("board")
		s.received(p, "")
		s.at(p, sockeye.Left, sockeye.ReasonEOF)
	})
	small("tcp", func(s *scene, p *sockeye.Peer) {
		s.on(p.Session, sockeye.Failed, &sockeye.Detail{Err: &sockeye.Error{Kind: sockeye.LimitReached, Op: "accept", Message: sockeye.Text{En: "too many"}, Errno: "EMFILE"}})
		s.add(sockeye.Event{Kind: sockeye.Gap, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 3, Bytes: 99}}})
		s.add(sockeye.Event{Kind: sockeye.Commented, Peer: p, Detail: &sockeye.Detail{Comment: &sockeye.Comment{Event: 1, Text: "注释"}}})
	})
	parts := small("tcp", func(s *scene, p *sockeye.Peer) { // made one event of three
		for range 3 {
			s.sent(p, "a part")
		}
	})
	part := uint16(0)
	for at := 0; at < len(parts); at += int(le.Uint32(parts[at+4:])) {
		if le.Uint32(parts[at:]) == blockPacket {
			edit(parts, at, func(integrity []byte) {
				putNumber(integrity, 1)
				putPart(integrity, part)
				putParts(integrity, 3)
			})
			part++
		}
	}
	if got := decode(parts, DecodeOptions{}); len(got.events) != 1 || string(got.events[0].Data) != "a parta parta part" {
		t.Fatalf("the event in parts is %v", got)
	}
	return append(segments, append(bytes.Clone(segments[0]), segments[1]...), appendForeignSection(nil))
}

// sweep reads segments, one after the other, in the same memory.
type sweep struct {
	buf   []byte
	file  bytes.Reader
	count int
}

// read reads a segment to its end, and tells what cannot be.
func (s *sweep) read(segment []byte) error {
	var wrong error
	size, at, total := int64(len(segment)), int64(0), 0
	s.file.Reset(segment)
	d := NewDecoder(&s.file, DecodeOptions{Damaged: func(d Damage) {
		if d.Offset < at || d.Length < 0 || d.Offset+d.Length > size || d.Kind == "" || d.What.IsZero() {
			wrong = fmt.Errorf("damage %+v in a file of %d bytes, after one at %d", d, size, at)
		}
		at = d.Offset
	}})
	d.lookahead.buf = s.buf
	for {
		e, err := d.Next()
		if err != nil {
			s.buf = d.lookahead.buf
			switch {
			case wrong != nil:
				return wrong
			case err != io.EOF && !errors.Is(err, ErrForeign) && sockeye.ErrorOf(err).Kind != sockeye.Unsupported:
				return err
			case d.Offset() < 0 || d.Offset() > size || d.Start() < 0 || d.Start() > size:
				return fmt.Errorf("Offset is %d, Start %d of %d", d.Offset(), d.Start(), size)
			case total > len(segment):
				return fmt.Errorf("%d bytes of data", total)
			}
			return nil
		}
		total += len(e.Data)
		if s.count++; s.count%16 == 0 { // now and then: it is what takes longest
			e.AppendJSON(nil, sockeye.English)
		}
	}
}
