package responder

import (
	"context"
	"time"
)

// The tutorial's values.
const (
	DefaultHello    = "Hello 01Studio!"
	DefaultInterval = 100 * time.Millisecond
	// DefaultReceive is the most bytes taken at a time: recv(128).
	DefaultReceive = 128
)

// devicePeer is the part of a peer that a device uses.
type devicePeer interface {
	// Send gives data to the kernel, waiting while the peer does not read.
	Send(ctx context.Context, data []byte) (int, error)
	// Closing is closed when our side begins to end the connection.
	Closing() <-chan struct{}
}

// Device is the board of the experiment: it says hello when it is connected, then
// reports and echoes what it receives, a little at a time. The zero Device says nothing and echoes without a pause.
// Its fields must not change while it answers peers; it may answer many at once.
type Device struct {
	// Hello is sent once when a peer is connected.
	Hello []byte
	// Interval is the pause after each echo.
	Interval time.Duration
}

// Joined greets. A failed send needs no answer here: it is recorded where it
// happened, and the connection's end will follow.
func (d *Device) Joined(p devicePeer) {
	if len(d.Hello) > 0 {
		p.Send(context.Background(), d.Hello)
	}
}

// Received echoes data, then pauses, as the tutorial's loop does.
func (d *Device) Received(p devicePeer, data []byte) {
	p.Send(context.Background(), data)
	if d.Interval <= 0 {
		return
	}
	t := time.NewTimer(d.Interval)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.Closing():
	}
}
