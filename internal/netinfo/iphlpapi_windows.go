package netinfo

import (
	"encoding/binary"
	"path"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	iphlpapi            = windows.NewLazySystemDLL("iphlpapi.dll")
	getExtendedTCPTable = iphlpapi.NewProc("GetExtendedTcpTable")
	getExtendedUDPTable = iphlpapi.NewProc("GetExtendedUdpTable")
	getIPNetTable2      = iphlpapi.NewProc("GetIpNetTable2")
	getIPForwardTable2  = iphlpapi.NewProc("GetIpForwardTable2")
	freeMIBTable        = iphlpapi.NewProc("FreeMibTable")
)

// What is asked of iphlpapi (iprtrmib.h), and the largest table that is taken.
const (
	ownerPIDOfAllTCP = 5 // TCP_TABLE_OWNER_PID_ALL
	ownerPIDOfUDP    = 1 // UDP_TABLE_OWNER_PID
	mostOfTable      = 16 << 20
)

// Sockets are the sockets of this machine that keep chooses; nil chooses all. Windows does
// not tell what waits in them.
func Sockets(keep func(SocketInfo) bool) ([]SocketInfo, error) {
	var list []SocketInfo
	for _, ipv6 := range []bool{false, true} {
		tcp, err := extendedTable(getExtendedTCPTable, ipv6, ownerPIDOfAllTCP)
		if err != nil {
			return nil, err
		}
		udp, err := extendedTable(getExtendedUDPTable, ipv6, ownerPIDOfUDP)
		if err != nil {
			return nil, err
		}
		for _, s := range append(parseMIBTCP(tcp, ipv6), parseMIBUDP(udp, ipv6)...) {
			if keep == nil || keep(s) {
				s.Program = programOf(s.PID)
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// extendedTable asks for a table until the memory for it is enough.
func extendedTable(ask *windows.LazyProc, ipv6 bool, class uintptr) ([]byte, error) {
	if err := ask.Find(); err != nil {
		return nil, err
	}
	family := uintptr(winsockIPv4)
	if ipv6 {
		family = winsockIPv6
	}
	size := uint32(4096)
	for {
		table := make([]byte, size)
		code, _, _ := ask.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, family, class, 0)
		switch errno := windows.Errno(code); {
		case errno == windows.ERROR_SUCCESS:
			return table, nil
		case errno != windows.ERROR_INSUFFICIENT_BUFFER || size > mostOfTable:
			return nil, errno
		}
	}
}

// programOf is the file name of a process's program, "" if it may not be seen.
func programOf(pid int) string {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(process)
	name := make([]uint16, 1024)
	size := uint32(len(name))
	if windows.QueryFullProcessImageName(process, 0, &name[0], &size) != nil {
		return ""
	}
	return path.Base(strings.ReplaceAll(windows.UTF16ToString(name[:size]), `\`, "/"))
}

// AcceptQueues are not told by this system.
func AcceptQueues(uint16) ([]ListenQueue, error) { return nil, windows.ERROR_NOT_SUPPORTED }

// Counters are not told by this system in the kernel's own names.
func Counters() map[string]uint64 { return nil }

func routingTable() ([]tableRoute, error) {
	table, err := systemTable(getIPForwardTable2, 104)
	return parseMIBRoutes(table), err
}

func neighbourTable() ([]tableNeighbour, error) {
	table, err := systemTable(getIPNetTable2, 88)
	return parseMIBNeighbours(table), err
}

// systemTable copies a table that the system makes of rows of a size: its count stands
// before them.
func systemTable(ask *windows.LazyProc, row int) ([]byte, error) {
	if err := ask.Find(); err != nil {
		return nil, err
	}
	var table *byte
	if code, _, _ := ask.Call(windows.AF_UNSPEC, uintptr(unsafe.Pointer(&table))); code != 0 {
		return nil, windows.Errno(code)
	}
	defer freeMIBTable.Call(uintptr(unsafe.Pointer(table)))
	count := binary.LittleEndian.Uint32(unsafe.Slice(table, 4))
	if uint64(count)*uint64(row) > mostOfTable {
		return nil, windows.ERROR_INSUFFICIENT_BUFFER
	}
	return append([]byte(nil), unsafe.Slice(table, 8+int(count)*row)...), nil
}

// Limits are the ports that programs may use.
func Limits() PortLimits { return PortLimits{} }
