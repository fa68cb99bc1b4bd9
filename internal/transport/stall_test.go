package transport

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// F53, F19: a minute in which this machine did not run is no silence of its peers: who
// sent something meanwhile stays, since it is read first, and who did not is ended when
// its idle time has passed while we ran.
func TestStallIsNoSilenceOfPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle = 8 * time.Second // swept each second
		var stalled atomic.Int64
		d := &stalledDriver{}
		s, err := Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP}, Options: sockeye.Options{IdleTimeout: idle}}, Config{
			Driver: d, Session: &sockeye.Session{ID: "s1"}, Sink: noSink{}, NextPeer: d.next,
			Now: func() time.Time { return time.Now().Add(time.Duration(stalled.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		heard, silent := d.join(s), d.join(s)
		time.Sleep(7500 * time.Millisecond) // nearly idle
		stalled.Store(int64(time.Minute))
		time.Sleep(600 * time.Millisecond) // the sweeper runs, a minute late
		synctest.Wait()
		if n := len(s.Peers()); n != 2 {
			t.Fatalf("after the stall %d peers are left, want both", n)
		}
		heard.Received(s.cfg.Now(), []byte("sent meanwhile"), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if left := s.Peers(); len(left) != 1 || left[0].ID != heard.ID {
			t.Fatalf("%d peers are left, want the one that was heard", len(left))
		}
		if got := silent.Public().reasonSoFar(); got != sockeye.ReasonIdle {
			t.Errorf("the other left for %q, want idle", got)
		}
		time.Sleep(idle)
		synctest.Wait()
		if n := len(s.Peers()); n != 0 {
			t.Errorf("%d peers are left after another idle time, want none", n)
		}
		s.Close()
	})
}

// F53: a peer that had something under way when the machine stalled gets the rest of its
// time to acknowledge it, also where the kernel says that the last acknowledgement is a
// minute old.
func TestStallIsNoMissingAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stalled atomic.Int64
		d := &stalledDriver{}
		s, err := Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP}}, Config{
			Driver: d, Session: &sockeye.Session{ID: "s1"}, Sink: noSink{}, NextPeer: d.next,
			Now: func() time.Time { return time.Now().Add(time.Duration(stalled.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		limit := s.opts.AnswerTimeout()
		p := d.join(s)
		d.setUnsent(p, true)
		p.Sent(s.cfg.Now(), []byte("x"), nil)
		time.Sleep(5500 * time.Millisecond)
		stalled.Store(int64(time.Minute))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(s.Peers()); n != 1 {
			t.Fatalf("after the stall %d peers are left, want 1", n)
		}
		time.Sleep(limit)
		synctest.Wait()
		if got := p.Public().reasonSoFar(); got != sockeye.ReasonTimeout {
			t.Errorf("it left for %q, want timeout once it has answered nothing for %v while we ran", got, limit)
		}
		s.Close()
	})
}

// A machine that is late at every tick is swept all the same.
func TestAlwaysLateIsSweptEverySecondTime(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	d := stallDetector{every: time.Second, last: start}
	for n, want := range []bool{false, true, false, true} {
		late, sweep := d.tick(d.last.Add(5 * time.Second))
		if late != 4*time.Second || sweep != want {
			t.Errorf("tick %d: late %v, sweep %v; want 4s, %v", n, late, sweep, want)
		}
	}
	if late, sweep := d.tick(d.last.Add(1900 * time.Millisecond)); late != 0 || !sweep {
		t.Errorf("a tick 0.9 s late is a stall of %v, sweep %v", late, sweep)
	}
}

// noSink takes events and keeps none.
type noSink struct{}

func (noSink) Append(sockeye.Event) uint64 { return 1 }
func (noSink) AppendAll([]sockeye.Event)   {}

// stalledDriver has peers without sockets.
type stalledDriver struct{ ids atomic.Uint64 }

func (d *stalledDriver) next() uint64 { return d.ids.Add(1) }

func (d *stalledDriver) Listen(context.Context, *DriverSession) error { return nil }

func (d *stalledDriver) Dial(context.Context, *DriverSession) (*DriverPeer, error) {
	panic("nobody dials")
}

func (d *stalledDriver) join(s *Session) *DriverPeer {
	p := (*DriverSession)(s).NewPeer(sockeye.SocketAddr{}, sockeye.SocketAddr{})
	p.SetConn(&stalledConn{peer: p, begun: time.Now()})
	(*DriverSession)(s).Add(p)
	return p
}

func (d *stalledDriver) setUnsent(p *DriverPeer, unsent bool) {
	p.Conn().(*stalledConn).unsent.Store(unsent)
}

// stalledConn has nothing acknowledged, and its kernel has heard nothing since it begun.
type stalledConn struct {
	PeerConn
	peer   *DriverPeer
	begun  time.Time
	unsent atomic.Bool
	gone   atomic.Bool
}

func (m *stalledConn) Sending() bool { return false }

func (m *stalledConn) Stop(bool) {
	if !m.gone.Swap(true) {
		m.peer.RecordLeft(0)
	}
}

func (m *stalledConn) Outgoing() (netinfo.SendState, bool) {
	if !m.unsent.Load() {
		return netinfo.SendState{}, true
	}
	silence := m.peer.session.cfg.Now().Sub(m.begun)
	return netinfo.SendState{Unsent: 1, InFlight: true, Segment: 536, Window: 10000, LastAck: silence}, true
}
