package terminal

import (
	"cmp"
	"strconv"

	"sockeye"
)

// appendMessageType appends what a WebSocket message says it is.
func appendMessageType(dst []byte, e sockeye.Event) []byte {
	if e.Detail == nil || e.Detail.Message == "" {
		return dst
	}
	return append(append(dst, e.Detail.Message...), "  "...)
}

// describeWebSocket says what the handshake of a peer agreed on.
func (a *Terminal) describeWebSocket(d *sockeye.Detail) string {
	if d.WebSocket == nil {
		return ""
	}
	return a.T(": ", "：") + d.WebSocket.Text().In(a.Lang)
}

func (a *Terminal) describeControl(d *sockeye.Detail) string {
	if d.Control == nil {
		return sockeye.Control.String()
	}
	return d.Control.Text().In(a.Lang)
}

// describeClose says with what code a WebSocket was closed.
func (a *Terminal) describeClose(d *sockeye.Detail) string {
	if d.Close == nil {
		return ""
	}
	return a.T(", ", "，") + d.Close.Text().In(a.Lang)
}

// describeForBrowser is the line with which a page becomes a peer of a server.
func (a *Terminal) describeForBrowser(ep sockeye.Endpoint, d *sockeye.Detail) string {
	if !ep.Address.Network.Traits().Browser || len(d.Locals) == 0 {
		return ""
	}
	to := d.Locals[0]
	host := "localhost"
	if ip := to.AddrPort().Addr(); !ip.IsUnspecified() {
		host = ip.WithZone("").String()
		if ip.Is6() {
			host = "[" + host + "]"
		}
	}
	url := string(ep.Address.Network.Transport()) + "://" + host + ":" + strconv.Itoa(int(to.Port())) + cmp.Or(ep.Address.Path, "/")
	return a.T("; ", "；") + sockeye.WordForBrowser.Fill("line", sockeye.BrowserLine(url)).In(a.Lang)
}
