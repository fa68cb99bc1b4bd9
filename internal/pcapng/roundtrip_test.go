package pcapng

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye"
)

// same compares events by what they mean: pointers by what they point to, times
// by the moment, an error's cause not at all.
var same = cmp.Options{
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.Comparer(func(a, b sockeye.SocketAddr) bool { return a == b }),
	cmp.Comparer(sameSession),
	cmp.Comparer(samePeer),
	cmp.Comparer(bytes.Equal),
	cmpopts.IgnoreFields(sockeye.Error{}, "Err"),
}

func sameSession(a, b *sockeye.Session) bool {
	return a == b || a != nil && b != nil && a.ID == b.ID && a.Endpoint.Mode == b.Endpoint.Mode && a.Endpoint.Address == b.Endpoint.Address
}

func samePeer(a, b *sockeye.Peer) bool {
	return a == b || a != nil && b != nil && a.ID == b.ID && a.Network == b.Network && a.Local == b.Local && a.Remote == b.Remote &&
		a.Alias() == b.Alias() && sameSession(a.Session, b.Session)
}

func withoutCause(d sockeye.Detail) sockeye.Detail {
	if d.Err != nil {
		e := *d.Err
		e.Err = nil
		d.Err = &e
	}
	return d
}

// diffEvents is cmp.Diff, but quick when there is none: some tests compare
// thousands of recordings.
func diffEvents(want, got []sockeye.Event) string {
	equal := func(a, b sockeye.Event) bool {
		return a.Seq == b.Seq && a.Kind == b.Kind && a.Time.Equal(b.Time) && bytes.Equal(a.Data, b.Data) &&
			sameSession(a.Session, b.Session) && samePeer(a.Peer, b.Peer) &&
			(a.Detail == nil && b.Detail == nil || a.Detail != nil && b.Detail != nil && reflect.DeepEqual(withoutCause(*a.Detail), withoutCause(*b.Detail)))
	}
	if len(want) != len(got) {
		return cmp.Diff(want, got, same)
	}
	for i := range want {
		if !equal(want[i], got[i]) {
			if diff := cmp.Diff(want[i], got[i], same); diff != "" {
				return diff
			}
		}
	}
	return ""
}

// decoded is what a decoder gave: events that own their data, and damage.
type decoded struct {
	events []sockeye.Event
	damage []Damage
	end    int64 // Offset
	err    error // nil for io.EOF
}

func decode(b []byte, o DecodeOptions) decoded {
	var out decoded
	o.Damaged = func(d Damage) { out.damage = append(out.damage, d) }
	d := NewDecoder(bytes.NewReader(b), o)
	for {
		ev, err := d.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				out.err = err
			}
			out.end = d.Offset()
			return out
		}
		ev.Data = bytes.Clone(ev.Data)
		out.events = append(out.events, ev)
	}
}

// wantEvents fails unless a segment gives the events and nothing is wrong with it.
func wantEvents(t *testing.T, want []sockeye.Event, segment []byte) {
	t.Helper()
	got := decode(segment, DecodeOptions{})
	if got.err != nil || len(got.damage) > 0 {
		t.Fatalf("error %v, damage %v", got.err, got.damage)
	}
	if got.end != int64(len(segment)) {
		t.Errorf("Offset is %d of %d", got.end, len(segment))
	}
	if diff := diffEvents(want, got.events); diff != "" {
		t.Error(diff)
	}
}

// The session of the tutorial is read back from its file as it was written.
func TestRoundTripClassroom(t *testing.T) {
	s := classroom()
	wantEvents(t, s.events, s.encode(EncodeOptions{}))
}
