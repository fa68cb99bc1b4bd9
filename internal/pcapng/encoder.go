package pcapng

import (
	"crypto/rand"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"time"

	"sockeye"
)

// EncodeOptions are how to write a recording. The zero value is usable.
type EncodeOptions struct {
	// Application, Hardware and OS are shown by Wireshark as what made the file;
	// Application is "Sockeye" when empty.
	Application, Hardware, OS string
	// Lang is the language of comments; "" is English. The events themselves keep
	// both.
	Lang sockeye.Lang
	// Run tells one journal from another: numbers of events, peers and sessions
	// start again in each. 0 is a random one.
	Run uint64
	// Faults are those that are set when the recording begins, by session. Events of
	// faults change them.
	Faults map[*sockeye.Session]sockeye.ActiveFaults

	// first is where a peer's sequence numbers start, for tests.
	first func(p *sockeye.Peer, direction uint32) uint32
}

// BlockEncoder turns the events of one journal into pcapng blocks. It keeps each
// peer's TCP sequence numbers across segments, so that segments put together
// are one capture. It belongs to one goroutine.
type BlockEncoder struct {
	o       EncodeOptions
	segment uint32 // number of the segment, random-like; 0 before the first

	interfaces map[*sockeye.Session]uint32 // of this segment
	session    *sockeye.Session            // the last one
	iface      uint32                      // its interface
	counts     *trafficCounts              // its traffic
	traffic    map[*sockeye.Session]*trafficCounts

	streams map[*sockeye.Peer]*peerStream
	stream  *peerStream // the last one, or nil

	faults map[*sockeye.Session]sockeye.ActiveFaults // that are set now, by session

	options []byte // scratch: of the block being written
}

// trafficCounts counts what an interface statistics block says of a session.
type trafficCounts struct{ messages, lost uint64 }

// NewEncoder makes an encoder. Call Begin before Append.
func NewEncoder(o EncodeOptions) *BlockEncoder {
	if o.Application == "" {
		o.Application = "Sockeye"
	}
	if o.Run == 0 {
		var b [8]byte
		rand.Read(b[:])
		o.Run = le.Uint64(b[:]) | 1
	}
	if o.first == nil {
		o.first = firstSequence
	}
	faults := map[*sockeye.Session]sockeye.ActiveFaults{}
	for s, set := range o.Faults {
		faults[s] = slices.Clone(set)
	}
	return &BlockEncoder{
		o:          o,
		faults:     faults,
		interfaces: map[*sockeye.Session]uint32{},
		traffic:    map[*sockeye.Session]*trafficCounts{},
		streams:    map[*sockeye.Peer]*peerStream{},
	}
}

// Run is the number of the journal in every segment of it.
func (e *BlockEncoder) Run() uint64 { return e.o.Run }

// Begin starts a segment and appends its section header block to dst, which says in
// comments which faults are set. Sessions and peers are introduced again from there on, so
// that the segment can be read alone.
func (e *BlockEncoder) Begin(dst []byte, at time.Time) []byte {
	var id [20]byte
	le.PutUint64(id[:], e.o.Run)
	le.PutUint64(id[8:], uint64(at.UnixNano()))
	le.PutUint32(id[16:], e.segment)
	e.segment = crc32.Checksum(id[:], castagnoli)
	clear(e.interfaces)
	e.session = nil

	start := len(dst)
	dst = appendSection(dst)
	for _, o := range []struct {
		code  uint16
		value string
	}{{optHardware, e.o.Hardware}, {optOS, e.o.OS}, {optApplication, e.o.Application}} {
		if o.value != "" {
			dst = appendOption(dst, o.code, plainText(o.value))
		}
	}
	dst = e.appendFaults(dst)
	return closeBlock(dst, start, &integrity{version: Version, segment: e.segment, number: e.o.Run, peer: uint64(at.UnixNano())})
}

// maxFaultComments bounds the comments of a section header.
const maxFaultComments = 32

// appendFaults appends a comment for each session that has faults.
func (e *BlockEncoder) appendFaults(dst []byte) []byte {
	sessions := slices.SortedFunc(maps.Keys(e.faults), func(a, b *sockeye.Session) int { return strings.Compare(a.ID, b.ID) })
	for _, s := range sessions[:min(len(sessions), maxFaultComments)] {
		dst = appendOption(dst, optComment, plainText(faultsComment(s.ID, e.faults[s]).In(e.o.Lang)))
	}
	return dst
}

// noteFaults keeps which faults are set, for the next segment.
func (e *BlockEncoder) noteFaults(session *sockeye.Session, ev *sockeye.Event) {
	switch {
	case session == nil:
	case ev.Kind == sockeye.Ended:
		delete(e.faults, session)
	case ev.Detail != nil && ev.Detail.Fault != nil:
		if set := e.faults[session].After(ev.Detail.Fault); len(set) > 0 {
			e.faults[session] = set
		} else {
			delete(e.faults, session)
		}
	}
}

// Append appends the blocks of an event to dst, with an interface description
// block before them when its session is new in this segment. ev is only read
// during the call. It allocates nothing for received and sent bytes of a known
// peer when dst has room: the data and about 250 bytes for each 64 KiB.
func (e *BlockEncoder) Append(dst []byte, ev *sockeye.Event) []byte {
	session := ev.Session
	if session == nil && ev.Peer != nil {
		session = ev.Peer.Session
	}
	if session != e.session || len(e.interfaces) == 0 {
		dst = e.use(dst, session)
	}
	w := eventWriter{e: e, ev: ev}
	w.iface, w.at = e.iface, uint64(ev.Time.UnixNano())
	w.integrity = integrity{version: Version, kind: byte(ev.Kind), segment: e.segment, number: ev.Seq}
	if session != nil {
		w.integrity.flags |= flagSession
	}
	dst = w.event(dst)
	if ev.Kind == sockeye.Faulted || ev.Kind == sockeye.Ended {
		e.noteFaults(session, ev)
	}
	if ev.Kind == sockeye.Ended {
		delete(e.traffic, session)
	}
	return dst
}

// use makes the session's interface the current one, describing it if it is new.
func (e *BlockEncoder) use(dst []byte, s *sockeye.Session) []byte {
	e.session = s
	n, ok := e.interfaces[s]
	if !ok {
		n = uint32(len(e.interfaces))
		e.interfaces[s] = n
		dst = e.describe(dst, n, s)
	}
	e.iface = n
	e.counts = e.traffic[s]
	if e.counts == nil {
		e.counts = &trafficCounts{}
		e.traffic[s] = e.counts
	}
	return dst
}

// describe appends the interface description block of a session; of none, for
// what belongs to no session.
func (e *BlockEncoder) describe(dst []byte, n uint32, s *sockeye.Session) []byte {
	start := len(dst)
	link := uint32(linkRaw)
	if s != nil && !s.Endpoint.Address.Network.Traits().IP {
		link = linkUpperPDU
	}
	dst = appendInterface(dst, link)
	k := integrity{version: Version, segment: e.segment, number: uint64(n)}
	if s == nil {
		dst = appendOption(dst, optName, "journal")
		dst = appendOption(dst, optResolution, "\x09")
		return closeBlock(dst, start, &k)
	}
	k.flags = flagCustomOption | flagSession
	dst = appendOption(dst, optName, plainText(s.ID+" "+s.Endpoint.String()))
	dst = appendOption(dst, optDescription, plainText(s.Endpoint.String()))
	dst = appendOption(dst, optResolution, "\x09") // nanoseconds
	dst = appendOption(dst, optComment, plainText(sessionComment(s).In(e.o.Lang)))
	dst = appendCustomOption(dst, customOption{Session: sessionOptionOf(s)}.json())
	return closeBlock(dst, start, &k)
}
