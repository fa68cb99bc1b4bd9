package netinfo

import (
	"bufio"
	"strconv"
	"strings"
)

// PortRange is a range of ports, both ends included.
type PortRange struct {
	First int `json:"first"`
	Last  int `json:"last"`
}

// Holds says that a port is in the range.
func (r PortRange) Holds(port uint16) bool { return r.First <= int(port) && int(port) <= r.Last }

// parseExcludedPorts reads what "netsh interface ipv4 show excludedportrange" prints: no
// interface of the system tells it. A row is two numbers and maybe an asterisk; the words
// around them are in the language of the system and are not read.
func parseExcludedPorts(text string) (list []PortRange) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) == 3 && f[2] == "*" {
			f = f[:2]
		}
		if len(f) != 2 {
			continue
		}
		first, err1 := strconv.ParseUint(f[0], 10, 16)
		last, err2 := strconv.ParseUint(f[1], 10, 16)
		if err1 == nil && err2 == nil && first <= last {
			list = append(list, PortRange{int(first), int(last)})
		}
	}
	return list
}
