package netinfo

import (
	"bytes"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// TransmittedPackets is how many IP packets this machine's stack has handed to interfaces,
// loopback among them: those that a rule stopped before are not counted (OutTransmits, since
// Linux 6.7). It is false where the system does not tell.
func TransmittedPackets() (uint64, bool) { return transmittedPackets(os.DirFS("/proc")) }

// LoopedPackets is how many packets went over the loopback interface; false where the system
// does not tell.
func LoopedPackets() (uint64, bool) { return loopedPackets(os.DirFS("/proc")) }

func transmittedPackets(proc fs.FS) (uint64, bool) {
	v4, told := CountersOf(proc)["Ip.OutTransmits"]
	text, err := fs.ReadFile(proc, "net/snmp6")
	if err != nil { // a machine without IPv6
		return v4, told
	}
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) == 2 && f[0] == "Ip6OutTransmits" {
			v6, err := strconv.ParseUint(f[1], 10, 64)
			return v4 + v6, told && err == nil
		}
	}
	return 0, false
}

// loopedPackets reads /proc/net/dev, where a name and a colon stand before the numbers: first
// the bytes that came, then the packets.
func loopedPackets(proc fs.FS) (uint64, bool) {
	text, err := fs.ReadFile(proc, "net/dev")
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		name, numbers, _ := strings.Cut(string(line), ":")
		if f := strings.Fields(numbers); strings.TrimSpace(name) == "lo" && len(f) > 1 {
			n, err := strconv.ParseUint(f[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
