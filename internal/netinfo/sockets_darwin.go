package netinfo

import (
	"golang.org/x/sys/unix"

	"sockeye"
)

// pcbLists are the sysctls that list sockets; they need no root.
var pcbLists = map[sockeye.Network]string{sockeye.TCP: "net.inet.tcp.pcblist_n", sockeye.UDP: "net.inet.udp.pcblist_n"}

// Sockets are the sockets of this machine that keep chooses; nil chooses all.
func Sockets(keep func(SocketInfo) bool) ([]SocketInfo, error) {
	var list []SocketInfo
	for network, name := range pcbLists {
		b, err := unix.SysctlRaw(name)
		if err != nil {
			return nil, err
		}
		for _, e := range parsePCBList(b, network) {
			if keep == nil || keep(e.SocketInfo) {
				e.Program = programOf(e.PID)
				list = append(list, e.SocketInfo)
			}
		}
	}
	return list, nil
}

// programOf is the name of a process's program, "" if it may not be seen.
func programOf(pid int) string {
	if pid <= 0 {
		return ""
	}
	process, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(process.Proc.P_comm[:])
}

// AcceptQueues are the queues of all sockets that listen on a TCP port.
func AcceptQueues(port uint16) ([]ListenQueue, error) {
	b, err := unix.SysctlRaw(pcbLists[sockeye.TCP])
	if err != nil {
		return nil, err
	}
	var list []ListenQueue
	for _, e := range parsePCBList(b, sockeye.TCP) {
		if e.State == "LISTEN" && e.Local.Port() == port {
			list = append(list, ListenQueue{e.Local, e.waiting, e.backlog})
		}
	}
	return list, nil
}

// Counters are not told by this system in the kernel's own names.
func Counters() map[string]uint64 { return nil }

// Limits are the ports that programs may use (sysctl net.inet.ip.portrange).
func Limits() PortLimits {
	l := PortLimits{Unprivileged: firstFreePort}
	first, err1 := unix.SysctlUint32("net.inet.ip.portrange.first")
	last, err2 := unix.SysctlUint32("net.inet.ip.portrange.last")
	if err1 == nil && err2 == nil {
		l.EphemeralLow, l.EphemeralHigh = int(first), int(last)
	}
	return l
}
