package fault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/framing"
)

// MaxFaults is the largest number of faults of one relay.
const MaxFaults = 64

// RelayFaults are the faults of a relay, and since when they are set.
type RelayFaults struct {
	Frame  framing.Spec // how streams are cut into messages; zero: as they were read
	Faults []Fault
	Since  time.Time // schedules count from here
	// Lifetime is how long the faults last from Since on; 0: until they are removed.
	Lifetime time.Duration
	hits     []atomic.Uint64
}

// Hits returns how many messages and connections fault n has hit.
func (s *RelayFaults) Hits(n int) uint64 { return s.hits[n].Load() }

// ParseSet reads faults, and how streams are cut into messages for them ("": as they were
// read). The error joins one *sockeye.Error for each that is wrong; their targets are
// frame and faults[0] and so on.
func ParseSet(frame string, faults []string) (*RelayFaults, error) {
	s := &RelayFaults{}
	var wrong []error
	at := func(target string, err error) {
		named := *sockeye.ErrorOf(err)
		named.Op, named.Target = "set", target
		wrong = append(wrong, &named)
	}
	if frame != "" {
		spec, err := framing.Parse(frame)
		switch {
		case err != nil:
			at("frame", err)
		case spec.Pause > 0:
			at("frame", &sockeye.Error{Kind: sockeye.Invalid, Message: both("frames that a pause ends cannot be passed on before it", "以停顿结束的帧无法及时转发"),
				Hint: both("write line, delim:0a, length:offset=2,size=2 or another way that needs no pause", "请写 line、delim:0a、length:offset=2,size=2 等不依赖停顿的分帧")})
		}
		s.Frame = spec
	}
	if len(faults) > MaxFaults {
		at("faults", &sockeye.Error{Kind: sockeye.Invalid, Message: both("there are more than %d faults", "故障超过 %d 个", MaxFaults), Hint: both("leave some out", "请去掉一些")})
		faults = nil
	}
	for n, text := range faults {
		f, err := Parse(text)
		if err != nil {
			at(fmt.Sprintf("faults[%d]", n), err)
			continue
		}
		if f.Seed == 0 && f.isRandom() {
			f.Seed = 1 + rand.Uint64N(1<<31)
		}
		s.Faults = append(s.Faults, f)
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	s.hits = make([]atomic.Uint64, len(s.Faults))
	return s, nil
}

// Keep copies the hits of the same faults from the set that was set before.
func (s *RelayFaults) Keep(before *RelayFaults) {
	if before == nil {
		return
	}
	for n, text := range s.Texts() {
		if at := slices.Index(before.Texts(), text); at >= 0 {
			s.hits[n].Store(before.Hits(at))
		}
	}
}

// Texts are the faults as Parse reads them, with their seeds.
func (s *RelayFaults) Texts() []string {
	out := []string{}
	if s != nil {
		for _, f := range s.Faults {
			out = append(out, f.String())
		}
	}
	return out
}

// FrameText is the framing of streams, as it was written; "": messages are as they were read.
func (s *RelayFaults) FrameText() string {
	if s == nil || s.Frame == (framing.Spec{}) {
		return ""
	}
	return s.Frame.String()
}

// Check says which faults would tear the streams of a relay apart: listen and upstreams are
// the networks of its sides. The error joins one *sockeye.Error for each.
func (s *RelayFaults) Check(listen sockeye.Network, upstreams ...sockeye.Network) error {
	if s.Frame != (framing.Spec{}) {
		return nil
	}
	var wrong []error
	for n, f := range s.Faults {
		streams := []string{}
		if f.covers(ToUpstream) && !listen.Traits().Bounded() {
			streams = append(streams, string(listen))
		}
		for _, up := range upstreams {
			if f.covers(FromUpstream) && !up.Traits().Bounded() && !slices.Contains(streams, string(up)) {
				streams = append(streams, string(up))
			}
		}
		if f.Kind.NeedsMessages() && len(streams) > 0 {
			wrong = append(wrong, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: fmt.Sprintf("faults[%d]", n),
				Message: both("%s needs messages, and %s is a stream of bytes: it would be torn apart by accident", "%s 以消息为单位，而 %s 是字节流，会被意外破坏", f.Kind, strings.Join(streams, ", ")),
				Hint:    both("say where a message ends: --frame line", "请指定分帧方式：--frame line")})
		}
	}
	return errors.Join(wrong...)
}

// Refuses reports whether a new peer is refused, and by which fault. connection counts the
// relay's connections.
func (s *RelayFaults) Refuses(peer *sockeye.Peer, connection uint64, now time.Time) (Fault, bool) {
	for n, f := range s.Faults {
		if f.Kind != Refuse || !f.Peer.Covers(peer) {
			continue
		}
		hit := f.isHit(drawsOf(&f, connection, "").next())
		if active, _ := f.isActive(now.Sub(s.Since)); active && hit {
			s.hits[n].Add(1)
			return f, true
		}
	}
	return Fault{}, false
}
