package terminal

import "sockeye"

// A serial port has one device behind it: nobody connects, and the device does not learn that the
// port was opened.

func isLine(e sockeye.Event) bool { return e.Peer != nil && e.Peer.Network.Traits().Line }

// describePort says that the port is there, how it is set and how its lines are.
func (a *Terminal) describePort(d *sockeye.Detail) string {
	if d.Lines == nil {
		return sockeye.WordPortThere.Fill().In(a.Lang)
	}
	return sockeye.WordPortThereLines.Fill("lines", d.Lines.ModemLines).In(a.Lang)
}

// describeLines says which lines changed.
func (a *Terminal) describeLines(d *sockeye.Detail) string {
	if d.Lines == nil {
		return sockeye.Lines.String()
	}
	return sockeye.WordLines.Fill("what", d.Lines.Text()).In(a.Lang)
}
