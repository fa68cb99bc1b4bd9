package fault

import (
	"time"

	"sockeye/internal/checksum"
	"sockeye/internal/framing"
)

// MessageSplitter cuts a stream into messages, so that every byte is in one: what a framing leaves
// out goes with the frame after it. It keeps at most the longest frame and what was read
// at once.
type MessageSplitter struct {
	framer *framing.Framer
	kept   []byte // not in a message yet
	offset uint64 // of its first byte, since the splitter began
	start  uint64 // of the byte with which the splitter began, in the stream
}

// NewSplitter makes a splitter of frames as the spec describes them, for a stream from an
// offset on.
func NewSplitter(s framing.Spec, offset uint64) *MessageSplitter {
	return &MessageSplitter{framer: framing.New(s, checksum.Trailer{}), start: offset}
}

// Split adds what was read, and yields the messages that are whole then; their data is lent.
func (c *MessageSplitter) Split(data []byte, now time.Time, yield func(SentMessage)) {
	c.kept = append(c.kept, data...)
	c.framer.Feed(framing.Chunk{Data: data, Time: now})
	c.yield(yield)
}

func (c *MessageSplitter) yield(yield func(SentMessage)) {
	used := 0
	for {
		f, ok := c.framer.Next()
		if !ok {
			break
		}
		end := int(f.Offset + uint64(len(f.Data)) - c.offset)
		m := SentMessage{Data: c.kept[used:end], Offset: c.start + c.offset + uint64(used)}
		if f.Mark == framing.Whole {
			m.Body = f.Body
		}
		yield(m)
		used = end
	}
	c.offset += uint64(used)
	c.kept = append(c.kept[:0], c.kept[used:]...)
}

// End yields what is left when the stream ends or is not to be cut any more.
func (c *MessageSplitter) End(yield func(SentMessage)) {
	c.framer.End()
	c.yield(yield)
	if len(c.kept) > 0 {
		yield(SentMessage{Data: c.kept, Offset: c.start + c.offset})
		c.offset += uint64(len(c.kept))
		c.kept = nil
	}
}
