package access

import (
	"net"
	"testing"
)

// When places are short, the connection that has been silent for longest goes first, of
// the same address before those of others; one with a credential never does.
func TestOldestUnprovenGoesFirst(t *testing.T) {
	closed := 0
	table := newConnectionTable(6, 5, 3, func() { closed++ })
	add := func(from string) *limitedConn {
		t.Helper()
		c := table.add(fakeConn{from: from, open: new(bool)})
		if c == nil {
			t.Fatalf("no place for %s", from)
		}
		return c
	}
	gone := func(c *limitedConn) bool { return *c.Conn.(fakeConn).open }
	first, second, third := add("192.0.2.1:1"), add("192.0.2.1:2"), add("192.0.2.1:3")
	other := add("192.0.2.2:1")
	table.mu.Lock()
	table.proveLocked(second)
	table.mu.Unlock()
	fourth := add("192.0.2.1:4") // three without a credential: all its places
	fifth := add("192.0.2.1:5")
	if !gone(first) || gone(second) || gone(third) || gone(other) || closed != 1 {
		t.Fatalf("%v %v %v %v, %d", gone(first), gone(second), gone(third), gone(other), closed)
	}
	add("192.0.2.3:1") // all places are taken: the oldest of whatever address
	add("192.0.2.3:2")
	if !gone(third) || gone(second) || gone(fourth) || gone(fifth) || closed != 2+1 && closed != 2 {
		t.Errorf("%v %v %v %v, %d", gone(third), gone(second), gone(fourth), gone(fifth), closed)
	}
	if table.n > 6 || table.unproven.Len() > 5 {
		t.Errorf("%d, %d", table.n, table.unproven.Len())
	}
}

// fakeConn is a connection of which only its address and its end are known.
type fakeConn struct {
	net.Conn
	from string
	at   net.Addr // our end
	open *bool    // set when it was closed
}

func (c fakeConn) RemoteAddr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", c.from)
	return a
}

func (c fakeConn) LocalAddr() net.Addr { return c.at }

func (c fakeConn) Close() error {
	*c.open = true
	return nil
}

// Those who only look keep a quarter of the places, all together: the owner finds one.
func TestViewersKeepFewPlaces(t *testing.T) {
	table := newConnectionTable(8, 6, 6, func() {})
	var all []*limitedConn
	for range 6 {
		c := table.add(fakeConn{from: "192.0.2.1:1", open: new(bool)})
		proveViewer(withConnection(t.Context(), c))
		proveViewer(withConnection(t.Context(), c)) // a second request
		all = append(all, c)
	}
	if table.viewing != 2 || table.unproven.Len() != 4 {
		t.Errorf("%d keep their places, %d do not", table.viewing, table.unproven.Len())
	}
	all[0].Close()
	all[0].Close()
	proveViewer(withConnection(t.Context(), all[5]))
	if table.viewing != 2 || table.unproven.Len() != 3 {
		t.Errorf("then %d keep their places, %d do not", table.viewing, table.unproven.Len())
	}
}
