package pcapng

import (
	"errors"
	"io"
	"time"

	"sockeye"
)

// DecodeOptions are how to read a segment. The zero value is usable.
type DecodeOptions struct {
	// Offset is where in the file the reader stands. Anything but 0 may be in the
	// middle of a segment: the decoder goes on with what Names knows of it.
	Offset int64
	// Names is shared by the decoders of one recording; nil is one of its own.
	Names *Registry
	// Damaged is told of everything that is not as it was written; may be nil.
	Damaged func(Damage)
}

// BlockDecoder reads the blocks of segments, one after the other, and gives their
// events. It checks every byte. It needs less than 3 MiB of memory, but for
// events longer than that. It belongs to one goroutine.
//
// A file that is still being written may end in the middle of a block, which is
// reported as torn. To read what has come since, begin another decoder at Offset
// with the same Names.
type BlockDecoder struct {
	lookahead lookahead
	names     *Registry
	damaged   func(Damage)

	begun   bool        // the first block is read
	middle  bool        // that was in the middle of a segment
	packets bool        // a packet block of ours was read
	held    bool        // d.frame was read, but not yet looked at by Next
	failed  error       // why nothing more is read
	section Segment     // the one being read
	frame   packetFrame // the last block

	interfaces map[uint32]*sockeye.Session // of this section
	peers      map[uint64]*sockeye.Peer    // by number
	peer       *sockeye.Peer               // the last one, or nil

	skip  int    // bytes of the window that the next call moves over
	whole int64  // offset after the last whole block that belongs to a whole event
	start int64  // offset of the first block of the event returned last
	last  uint64 // the number of that event

	reassembly  reassembly
	excused     bool // damage was reported since the last whole event
	repairTries int  // single bits that were flipped to repair blocks
}

// Segment is what a segment says of itself.
type Segment struct {
	// Run tells one journal from another, see Options.Run.
	Run uint64
	// ID is the same in every block of the segment; 0 before anything is read.
	ID uint32
	// Began is when the segment was begun.
	Began time.Time
	// Application, Hardware and OS are what made it.
	Application, Hardware, OS string
}

// NewDecoder makes a decoder that reads r to its end.
func NewDecoder(r io.Reader, o DecodeOptions) *BlockDecoder {
	if o.Names == nil {
		o.Names = NewRegistry()
	}
	if o.Damaged == nil {
		o.Damaged = func(Damage) {}
	}
	return &BlockDecoder{
		lookahead: lookahead{r: r, offset: o.Offset}, names: o.Names, damaged: o.Damaged,
		begun: o.Offset != 0, middle: o.Offset != 0, whole: o.Offset, start: o.Offset,
		interfaces: map[uint32]*sockeye.Session{}, peers: map[uint64]*sockeye.Peer{},
	}
}

// Next is the next event, and io.EOF at the end of the file. The event's Data is
// lent until the next call; what else it points to may be kept. Damage is
// reported and read over. The error is ErrForeign for a file that Sockeye did not
// write, an *sockeye.Error of kind Unsupported for one of a newer Sockeye, and
// otherwise that of the reader.
func (d *BlockDecoder) Next() (sockeye.Event, error) {
	for {
		switch err := d.advance(); {
		case err == errAgain:
			continue
		case err != nil:
			return sockeye.Event{}, err
		}
		ev, ok := d.event()
		if d.reassembly.none() {
			d.whole = d.lookahead.offset + int64(d.skip)
		}
		if ok {
			return ev, nil
		}
	}
}

// Segment is what the segment being read says of itself. Before the first event
// it reads the section header, and fails as Next would.
func (d *BlockDecoder) Segment() (Segment, error) {
	if !d.begun {
		if err := d.advance(); err != nil {
			return Segment{}, err
		}
		d.held = true
	}
	return d.section, d.failed
}

// Offset is the place in the file after the last whole block, where a torn tail
// is to be cut. Blocks of an event that is not all there do not count.
func (d *BlockDecoder) Offset() int64 { return d.whole }

// Start is the place in the file of the event returned last: a decoder that
// begins there, with the same Names, gives this event first.
func (d *BlockDecoder) Start() int64 { return d.start }

// advance moves to the next sound block: d.frame, which is valid until then.
func (d *BlockDecoder) advance() (err error) {
	if d.held || d.failed != nil {
		d.held = false
		return d.failed
	}
	d.lookahead.skip(d.skip)
	d.skip = 0
	switch {
	case !d.begun:
		err = d.begin()
	case d.sound():
		err = d.enter()
	default:
		err = d.recover()
	}
	if err != errAgain {
		d.failed = err
	}
	return err
}

// sound reads the block at the window's front into d.frame.
func (d *BlockDecoder) sound() bool {
	b := d.lookahead.peek(blockTail)
	if len(b) < blockTail {
		return false
	}
	n, ok := lengthOf(b)
	if !ok {
		return false
	}
	if b = d.lookahead.peek(n); len(b) < n || d.frame.check(b) != intact || !d.fits() {
		return false
	}
	d.skip = n
	return true
}

// fits says whether d.frame belongs to the segment being read, or begins one.
func (d *BlockDecoder) fits() bool {
	return d.section.ID == d.frame.integrity.segment || d.section.ID == 0 || d.frame.block == blockSection
}

// enter takes note of what d.frame says of the segment.
func (d *BlockDecoder) enter() error {
	f := &d.frame
	if f.block == blockSection {
		if err := d.enterSection(); err != nil {
			return err
		}
	} else if d.section.ID != f.integrity.segment { // the section header is lost, or before where we began
		d.section = Segment{ID: f.integrity.segment, Run: d.names.run(f.integrity.segment)}
	}
	d.packets = d.packets || f.block == blockPacket
	return nil
}

func (d *BlockDecoder) enterSection() error {
	f := &d.frame
	if f.integrity.version > Version {
		return newer(f.integrity.version)
	}
	d.dropReassembly()
	d.section = Segment{ID: f.integrity.segment, Run: f.integrity.number, Began: time.Unix(0, int64(f.integrity.peer))}
	for code, value, rest, ok := option(f.options); ok; code, value, rest, ok = option(rest) {
		switch code {
		case optHardware:
			d.section.Hardware = string(value)
		case optOS:
			d.section.OS = string(value)
		case optApplication:
			d.section.Application = string(value)
		}
	}
	d.names.setRun(d.section.ID, d.section.Run)
	clear(d.interfaces)
	clear(d.peers)
	d.peer, d.last = nil, 0
	return nil
}

// event makes an event of d.frame; false if it holds none, or not yet all.
func (d *BlockDecoder) event() (sockeye.Event, bool) {
	f := &d.frame
	k := &f.integrity
	if f.block == blockInterface {
		d.describe()
		return sockeye.Event{}, false
	}
	if k.kind == 0 {
		return sockeye.Event{}, false
	}
	if k.number != 0 && k.number <= d.last {
		d.report(d.here(Repeated, k.number, repeatedText))
		return sockeye.Event{}, false
	}
	if k.parts == 0 || k.number != d.reassembly.seq {
		d.dropReassembly() // no other event stands between the parts of one
	}
	ev := sockeye.Event{Seq: k.number, Time: time.Unix(0, int64(f.at)), Kind: sockeye.EventKind(k.kind)}
	if k.flags&flagSession != 0 {
		ev.Session = d.session(f.iface)
	}
	if k.flags&flagCustomOption != 0 {
		ev.Detail = d.read(ev.Session).Detail.detail()
	}
	if k.flags&flagPeer != 0 {
		ev.Peer = d.peerOf(ev.Session)
	}
	if k.parts > 0 {
		if !d.reassembly.join(d, &ev) {
			return sockeye.Event{}, false
		}
	} else {
		d.start = d.lookahead.offset
	}
	d.last, d.excused = k.number, false
	return ev, true
}

// here is damage of the block that the next call moves over.
func (d *BlockDecoder) here(kind DamageKind, seq uint64, what sockeye.Text) Damage {
	return Damage{Offset: d.lookahead.offset, Length: int64(d.skip), Kind: kind, Seq: seq, What: what}
}

// report tells of damage.
func (d *BlockDecoder) report(what Damage) {
	d.excused = true
	d.damaged(what)
}

// reportUnlessExcused reports a consequence, unless its cause was reported.
func (d *BlockDecoder) reportUnlessExcused(what Damage) {
	if !d.excused {
		d.report(what)
	}
}

// reportRepaired reports d.frame as mended.
func (d *BlockDecoder) reportRepaired(what sockeye.Text) {
	seq := d.frame.integrity.number
	if d.frame.integrity.kind == 0 {
		seq = 0
	}
	d.report(d.here(Mended, seq, what))
}

// end is why nothing more can be read, once that is so.
func (d *BlockDecoder) end() error {
	if !errors.Is(d.lookahead.err, io.EOF) {
		return d.lookahead.err
	}
	if p := &d.reassembly; !p.none() {
		p.next = 0
		d.reportUnlessExcused(Damage{Offset: p.start, Length: d.lookahead.offset - p.start, Kind: Torn, Seq: p.seq, What: halfText})
	}
	return io.EOF
}
