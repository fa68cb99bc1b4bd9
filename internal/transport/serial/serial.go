// Package serial is the driver of serial ports (serial://): USB adapters, the UARTs of
// boards, pseudo-terminals. The device at the other end is the one peer of a session, for
// as long as the port is there.
package serial

import (
	"context"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/serialport"
	"sockeye/internal/transport"
)

// Driver opens serial:// endpoints.
type Driver struct {
	// Open opens a port; nil is serialport.Open. Tests have ports with modem lines.
	Open func(name string, c serialport.Config) (serialport.OpenPort, error)
}

// Listen opens the port, and again whenever it was unplugged and is back.
func (d Driver) Listen(ctx context.Context, s *transport.DriverSession) error {
	p, err := d.Dial(ctx, s)
	if err == nil {
		s.KeepConnected(p)
	}
	return err
}

// Dial opens the port. A session that connects again waits until it is there.
func (d Driver) Dial(ctx context.Context, s *transport.DriverSession) (*transport.DriverPeer, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	name := s.Endpoint().Address.Path
	known, _ := s.Remembered().(*portDevice)
	if known != nil {
		name = known.find()
	}
	config := configOf(s.Options())
	open := d.Open
	if open == nil {
		open = serialport.Open
	}
	port, err := open(name, config)
	if waits := known != nil || s.Options().Reconnect; waits && sockeye.ErrorOf(err) != nil && sockeye.ErrorOf(err).Kind == sockeye.NotFound {
		s.Failed(sockeye.ErrorOf(err))
		name, port, err = awaitPort(ctx, s.Endpoint().Address.Path, known, func(name string) (serialport.OpenPort, error) { return open(name, config) })
	}
	if err != nil {
		return nil, err
	}
	s.Remember(deviceOf(s.Endpoint().Address.Path, name, known))
	c := newConn(port, name, config)
	s.Opened(c.local)
	p, ok := s.Join(c, c.joined())
	if !ok {
		return nil, transport.ErrClosing
	}
	c.begin(p)
	s.Go(func() { c.watch(p.Public().Done()) })
	return p, nil
}

// pollEvery is how often a port that is not there is looked for.
const pollEvery = 250 * time.Millisecond

// awaitPort opens a port as soon as it is there.
func awaitPort(ctx context.Context, name string, known *portDevice, open func(string) (serialport.OpenPort, error)) (string, serialport.OpenPort, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", nil, context.Cause(ctx)
		case <-tick.C:
		}
		if known != nil {
			name = known.find()
		}
		port, err := open(name)
		if err == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
			return name, port, err
		}
	}
}

// configOf are the options of an endpoint as a port is set.
func configOf(o *sockeye.Options) serialport.Config {
	return serialport.Config{Baud: o.Serial.Baud, DataBits: o.Serial.DataBits, Parity: o.Serial.Parity, StopBits: o.Serial.StopBits,
		Flow: o.Serial.Flow, DTR: o.Serial.DTR, RTS: o.Serial.RTS}
}

// portDevice is what a session knows of the device behind its port.
type portDevice struct {
	name string          // of the port that was asked for
	usb  *serialport.USB // nil if it is no USB device
}

// deviceOf is the device behind an open port. What is known of it stays, if the system
// does not say more.
func deviceOf(asked, name string, known *portDevice) *portDevice {
	d := &portDevice{name: asked}
	if known != nil {
		d.usb = known.usb
	}
	ports, _ := serialport.List()
	for _, p := range ports {
		if samePort(p.Name, name) && p.USB != nil {
			d.usb = p.USB
		}
	}
	return d
}

// find is the port that the device has now. A USB device that was plugged in again may
// have another one.
func (d *portDevice) find() string {
	ports, _ := serialport.List()
	return d.findIn(ports)
}

func (d *portDevice) findIn(ports []serialport.PortInfo) string {
	if d.usb == nil {
		return d.name
	}
	var same []string
	for _, p := range ports {
		if u := p.USB; u == nil || u.Vendor != d.usb.Vendor || u.Product != d.usb.Product || u.Serial != d.usb.Serial {
			continue
		}
		if samePort(p.Name, d.name) {
			return d.name
		}
		same = append(same, p.Name)
	}
	if len(same) == 1 { // of several alike without a serial number nobody can tell which it is
		return same[0]
	}
	return d.name
}

// samePort reports whether two names, of which one may be a link, are of the same port.
func samePort(a, b string) bool {
	if a == b {
		return true
	}
	realA, errA := filepath.EvalSymlinks(a)
	realB, errB := filepath.EvalSymlinks(b)
	return errA == nil && errB == nil && realA == realB
}
