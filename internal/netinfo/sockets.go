package netinfo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"

	"sockeye"
)

// socketTables are the files that list sockets, below /proc.
var socketTables = []struct {
	file    string
	network sockeye.Network
}{{"net/tcp", sockeye.TCP}, {"net/tcp6", sockeye.TCP}, {"net/udp", sockeye.UDP}, {"net/udp6", sockeye.UDP}}

// tcpTimers are the words for the timers of /proc/net/tcp (proc_net_tcp.txt of the kernel).
var tcpTimers = map[string]string{"01": "retransmit", "02": "keepalive", "03": "time-wait", "04": "zero-window-probe"}

// tcpStateNames are the connection states by number (tcp_states.h), named as in RFC 9293.
var tcpStateNames = [...]string{
	1: "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
	"CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED",
}

// SocketsOf reads the sockets that a proc file system lists (proc(5)), of the network
// that it belongs to. keep chooses those to name the programs of; it may be nil for all.
func SocketsOf(proc fs.FS, keep func(SocketInfo) bool) ([]SocketInfo, error) {
	var list []SocketInfo
	var failed error
	for _, table := range socketTables {
		text, err := fs.ReadFile(proc, table.file)
		if err != nil {
			failed = err // a machine without IPv6 has no tcp6
			continue
		}
		for _, s := range parseSockets(text, table.network) {
			if keep == nil || keep(s) {
				list = append(list, s)
			}
		}
	}
	if list == nil && failed != nil {
		if _, err := fs.Stat(proc, socketTables[0].file); err != nil {
			return nil, failed
		}
	}
	nameSockets(proc, list)
	return list, nil
}

// udpFields is how many words a line of /proc/net/udp has, of which the last one counts drops.
const udpFields = 13

// parseSockets reads the text of /proc/net/tcp and its like. What is no line of a socket is
// left out.
func parseSockets(table []byte, network sockeye.Network) (list []SocketInfo) {
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		if s, ok := parseSocket(strings.Fields(lines.Text())); ok {
			s.Network = network
			if network == sockeye.UDP && s.State == "CLOSED" {
				s.State = "UNCONNECTED"
			}
			list = append(list, s)
		}
	}
	return list
}

func parseSocket(f []string) (s SocketInfo, ok bool) {
	if len(f) < 10 {
		return s, false
	}
	local, ok1 := parseKernelAddrPort(f[1])
	remote, ok2 := parseKernelAddrPort(f[2])
	state, err1 := strconv.ParseUint(f[3], 16, 8)
	uid, err2 := strconv.Atoi(f[7])
	if !ok1 || !ok2 || err1 != nil || err2 != nil || int(state) >= len(tcpStateNames) {
		return s, false
	}
	s = SocketInfo{Local: local, State: tcpStateNames[state], UID: uid, inode: f[9]}
	if remote.Port() != 0 || !remote.Addr().IsUnspecified() {
		s.Remote = remote
	}
	queued, unread, _ := strings.Cut(f[4], ":")
	s.Queued, s.Unread = hexNumber(queued), hexNumber(unread)
	timer, _, _ := strings.Cut(f[5], ":")
	s.Timer, s.Retransmits = tcpTimers[timer], hexNumber(f[6])
	if len(f) == udpFields {
		s.Drops, _ = strconv.Atoi(f[12])
	}
	return s, true
}

func parseKernelAddrPort(text string) (netip.AddrPort, bool) {
	host, port, found := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	ip, ok := parseKernelAddr(host)
	return netip.AddrPortFrom(ip, uint16(n)), found && ok && err == nil
}

// parseKernelAddr reads an address as /proc/net/tcp writes it: 32-bit words in hex, each in
// the byte order of the machine.
func parseKernelAddr(s string) (netip.Addr, bool) {
	words, err := hex.DecodeString(s)
	if err != nil || len(words)%4 != 0 {
		return netip.Addr{}, false
	}
	for w := words; len(w) > 0; w = w[4:] {
		binary.NativeEndian.PutUint32(w, binary.BigEndian.Uint32(w))
	}
	ip, ok := netip.AddrFromSlice(words)
	return ip.Unmap(), ok
}

func hexNumber(s string) int {
	n, err := strconv.ParseUint(s, 16, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// nameSockets fills in the processes that have sockets open, as far as they may be seen.
func nameSockets(proc fs.FS, list []SocketInfo) {
	byLink := map[string][]*SocketInfo{}
	for i := range list {
		if s := &list[i]; s.inode != "0" {
			byLink["socket:["+s.inode+"]"] = append(byLink["socket:["+s.inode+"]"], s)
		}
	}
	if len(byLink) == 0 {
		return
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
		for _, s := range byLink[to] {
			if s.PID == 0 || pid < s.PID {
				s.PID, s.Program = pid, strings.TrimSpace(string(comm))
			}
		}
	}
}

// CountersOf reads counters of the kernel out of /proc/net/snmp and /proc/net/netstat,
// where a line of names is followed by a line of values: "TcpExt.ListenOverflows".
func CountersOf(proc fs.FS) map[string]uint64 {
	all := map[string]uint64{}
	for _, file := range []string{"net/snmp", "net/netstat"} {
		if text, err := fs.ReadFile(proc, file); err == nil {
			parseCounters(text, all)
		}
	}
	return all
}

func parseCounters(text []byte, into map[string]uint64) {
	names := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) == 0 {
			continue
		}
		group := strings.TrimSuffix(f[0], ":")
		if names[group] == nil {
			names[group] = f[1:]
			continue
		}
		for n, value := range f[1:] {
			if v, err := strconv.ParseUint(value, 10, 64); err == nil && n < len(names[group]) {
				into[group+"."+names[group][n]] = v
			}
		}
	}
}
