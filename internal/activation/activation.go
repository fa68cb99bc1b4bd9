// Package activation finds the sockets that the service manager has opened for this process
// (sd_listen_fds(3)): a server without rights of its own serves a port below 1024 with them,
// and clients wait, instead of being refused, while it starts.
package activation

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ListenTCP gives the listening TCP socket that was handed over for an address, as package
// net writes networks and addresses, and nil if there is none. Who closes it does not close
// the service manager's: the next call gives another one. It may be called from any goroutine.
func ListenTCP(network, address string) *net.TCPListener {
	want, ok := parse(network, address)
	if !ok {
		return nil
	}
	for _, f := range handedOver() {
		l, err := net.FileListener(f)
		if err != nil {
			continue // not a listening socket
		}
		if t, ok := l.(*net.TCPListener); ok && t.Addr().(*net.TCPAddr).AddrPort() == want {
			return t
		}
		l.Close()
	}
	return nil
}

// parse is the address that a socket has which was bound as package net would.
func parse(network, address string) (netip.AddrPort, bool) {
	host, port, err := net.SplitHostPort(address)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || n == 0 || !strings.HasPrefix(network, "tcp") {
		return netip.AddrPort{}, false
	}
	if host == "" {
		host = "::"
		if strings.HasSuffix(network, "4") {
			host = "0.0.0.0"
		}
	}
	ip, err := netip.ParseAddr(host)
	return netip.AddrPortFrom(ip, uint16(n)), err == nil
}

// count is how many descriptors a process with this number was given, from firstDescriptor on.
func count(env func(string) string, pid int) int {
	if env("LISTEN_PID") != strconv.Itoa(pid) {
		return 0
	}
	n, err := strconv.Atoi(env("LISTEN_FDS"))
	if err != nil || n < 0 || n > maxDescriptors {
		return 0
	}
	return n
}

const (
	firstDescriptor = 3 // SD_LISTEN_FDS_START
	maxDescriptors  = 256
)
