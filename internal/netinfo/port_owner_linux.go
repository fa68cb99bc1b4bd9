package netinfo

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

// portOwnerOf finds who holds an address that could not be bound (proc(5)). It says
// false if nobody can be seen: a socket that is bound but does not listen is in
// no list.
func portOwnerOf(wanted localAddr) (portOwner, bool) {
	return findPortOwner(os.DirFS("/proc"), os.Getpid(), wanted)
}

func findPortOwner(proc fs.FS, self int, wanted localAddr) (portOwner, bool) {
	var found []portOwner
	for _, table := range []string{string(wanted.network), string(wanted.network) + "6"} {
		text, err := fs.ReadFile(proc, "net/"+table)
		if err != nil {
			continue
		}
		for _, h := range socketsOn(text, wanted.Port()) {
			if addressesOverlap(h.local.Addr(), wanted.Addr()) {
				found = append(found, h)
			}
		}
	}
	if len(found) == 0 {
		return portOwner{}, false
	}
	nameProcesses(proc, found)
	for i := range found {
		found[i].ownProcess = found[i].pid == self
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

// socketsOn reads the sockets with a local port from the text of /proc/net/tcp
// and its like.
func socketsOn(table []byte, port uint16) []portOwner {
	var found []portOwner
	wanted := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 10 || !strings.HasSuffix(f[1], wanted) {
			continue
		}
		ip, ok := parseKernelAddr(strings.TrimSuffix(f[1], wanted))
		uid, err := strconv.Atoi(f[7])
		if !ok || err != nil {
			continue
		}
		found = append(found, portOwner{local: netip.AddrPortFrom(ip, port), use: portUseOf(f[3]), uid: uid, inode: f[9]})
	}
	return found
}

// portUseOf reads a state of /proc/net/tcp (tcp_states.h); UDP shows CLOSE for a
// socket that is not connected.
func portUseOf(state string) portUse {
	switch state {
	case "0A", "07":
		return portListening
	case "06":
		return portTimeWait
	}
	return portConnected
}

// nameProcesses fills in the processes that have the sockets open, as far as
// their descriptors may be read.
func nameProcesses(proc fs.FS, sockets []portOwner) {
	byLink := map[string][]*portOwner{}
	for i := range sockets {
		if h := &sockets[i]; h.inode != "0" { // TIME_WAIT belongs to nobody
			byLink["socket:["+h.inode+"]"] = append(byLink["socket:["+h.inode+"]"], h)
		}
	}
	links, _ := fs.Glob(proc, "[0-9]*/fd/*")
	for _, link := range links {
		to, err := fs.ReadLink(proc, link)
		if err != nil || byLink[to] == nil {
			continue
		}
		dir, _, _ := strings.Cut(link, "/")
		pid, err := strconv.Atoi(dir)
		if err != nil {
			continue
		}
		comm, _ := fs.ReadFile(proc, dir+"/comm")
		for _, h := range byLink[to] {
			if h.pid == 0 || pid < h.pid {
				h.pid, h.name = pid, strings.TrimSpace(string(comm))
			}
		}
	}
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
