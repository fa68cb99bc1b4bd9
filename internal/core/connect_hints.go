package core

import (
	"fmt"
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Reachable are this machine's network interfaces, and the address at which a board most
// likely reaches it; that is zero if there is none. The error is an *sockeye.Error.
func Reachable() (list []netinfo.Interface, board netip.Addr, err error) {
	if list, err = netinfo.Interfaces(); err == nil {
		board, _ = netinfo.BoardAddress(list)
	}
	return list, board, err
}

// DescriptorLimit returns how many files and sockets this process may have open; 0: no limit.
func DescriptorLimit() uint64 { return netinfo.DescriptorLimit() }

// ConnectHint is what to type on a board so that one program there connects to a server here.
type ConnectHint struct {
	Program sockeye.Text
	Line    string
}

// ConnectHints are the ways to reach an address, for a POSIX shell; the first is
// Sockeye's own.
func ConnectHints(to netip.Addr, port uint16) []ConnectHint {
	address := netip.AddrPortFrom(to, port).String()
	if strings.ContainsAny(address, "[]") {
		address = "'" + address + "'"
	}
	return []ConnectHint{
		{sockeye.Text{En: "Sockeye", Zh: "Sockeye"}, "sockeye device " + address},
		{sockeye.Text{En: "netcat", Zh: "netcat"}, fmt.Sprintf("nc %s %d", to, port)},
		{sockeye.Text{En: "the tutorial's Python program, in its address line", Zh: "教程里的 Python 程序，改 addr 一行"}, fmt.Sprintf("addr=('%s',%d)", to, port)},
	}
}
