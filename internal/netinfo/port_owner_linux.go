package netinfo

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"

	"sockeye"
)

// portOwnerOf finds who holds an address that could not be bound (proc(5)). It says
// false if nobody can be seen: a socket that is bound but does not listen is in
// no list.
func portOwnerOf(wanted localAddr) (portOwner, bool) {
	return findPortOwner(os.DirFS("/proc"), os.Getpid(), wanted)
}

func findPortOwner(proc fs.FS, self int, wanted localAddr) (portOwner, bool) {
	sockets, err := SocketsOf(proc, func(s SocketInfo) bool {
		return s.Network == wanted.network && s.Local.Port() == wanted.Port() && addressesOverlap(s.Local.Addr(), wanted.Addr())
	})
	if err != nil || len(sockets) == 0 {
		return portOwner{}, false
	}
	found := make([]portOwner, len(sockets))
	for i, s := range sockets {
		found[i] = portOwner{local: s.Local, use: portUseOf(s), uid: s.UID, pid: s.PID, name: s.Program, ownProcess: s.PID == self}
	}
	return slices.MinFunc(found, likelierOwner), true
}

// likelierOwner orders holders: the likelier obstacle first, then one whose process
// is known, then by pid.
func likelierOwner(a, b portOwner) int {
	return cmp.Or(
		cmp.Compare(a.use, b.use),
		cmp.Compare(unknownLast(a.pid), unknownLast(b.pid)),
		cmp.Compare(a.pid, b.pid))
}

// addressesOverlap reports whether two bound addresses exclude each other on one port. It
// takes :: for a socket of both families, which only its owner could tell.
func addressesOverlap(a, b netip.Addr) bool {
	switch {
	case a == netip.IPv6Unspecified(), b == netip.IPv6Unspecified():
		return true
	case a.Is4() != b.Is4():
		return false
	}
	return a.IsUnspecified() || b.IsUnspecified() || a.WithZone("") == b.WithZone("")
}

// portUseOf is what a socket does with its port.
func portUseOf(s SocketInfo) portUse {
	switch {
	case s.Listens():
		return portListening
	case s.State == "TIME-WAIT":
		return portTimeWait
	}
	return portConnected
}

// portOwnerProcess is the command that shows more than we may see.
func portOwnerProcess(p localAddr) string {
	if p.network == sockeye.UDP {
		return fmt.Sprintf("sudo ss -unap sport = :%d", p.Port())
	}
	return fmt.Sprintf("sudo ss -tnap sport = :%d", p.Port())
}

// portRange is the range that the system takes free ports from (ip(7)).
func portRange() (low, high int, ok bool) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return 0, 0, false
	}
	_, err = fmt.Sscan(string(text), &low, &high)
	return low, high, err == nil
}

// unknownLast orders processes that the system names before those that it hides.
func unknownLast(pid int) int {
	if pid == 0 {
		return 1
	}
	return 0
}
