package outbox

import (
	"encoding/binary"
	"hash/crc32"
	"os"
)

// stateFile remembers how far the queue was delivered, in two slots that are written in
// turn: a write that a crash tears leaves the other one.
type stateFile struct {
	file       *os.File
	generation uint64

	confirmed      uint64 // the highest number that was confirmed or dropped as the oldest
	begun          uint64 // the highest number that was about to be sent
	confirmedCount uint64
	dropped        uint64
}

// slotBytes are five numbers and a checksum; the slots lie in sectors of their own.
const (
	slotBytes = 5*8 + 4
	slotApart = 4096
)

func (s *stateFile) open(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	s.file = f
	for slot := range int64(2) {
		var b [slotBytes]byte
		if _, err := f.ReadAt(b[:], slot*slotApart); err != nil {
			continue // a new file, or one slot was never written
		}
		generation := binary.LittleEndian.Uint64(b[:])
		if crc32.Checksum(b[:slotBytes-4], castagnoli) != binary.LittleEndian.Uint32(b[slotBytes-4:]) || generation <= s.generation {
			continue
		}
		s.generation = generation
		for n, to := range s.numbers() {
			*to = binary.LittleEndian.Uint64(b[8*(n+1):])
		}
	}
	return nil
}

func (s *stateFile) numbers() []*uint64 {
	return []*uint64{&s.confirmed, &s.begun, &s.confirmedCount, &s.dropped}
}

func (s *stateFile) save() error {
	s.generation++
	var b [slotBytes]byte
	binary.LittleEndian.PutUint64(b[:], s.generation)
	for n, from := range s.numbers() {
		binary.LittleEndian.PutUint64(b[8*(n+1):], *from)
	}
	binary.LittleEndian.PutUint32(b[slotBytes-4:], crc32.Checksum(b[:slotBytes-4], castagnoli))
	_, err := s.file.WriteAt(b[:], int64(s.generation%2)*slotApart)
	return err
}
