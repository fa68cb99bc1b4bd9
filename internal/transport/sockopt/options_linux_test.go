package sockopt

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye"
)

// C50: an option that the system takes and then has otherwise is an error with both values,
// as TCP keeps the two bits of IP_TOS that are ECN's for itself.
func TestOptionsAreReadBack(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var list socketOptions
	list.addPacketFields("tcp4", &sockeye.Options{TTL: 9, DSCP: 34})
	list.addExact("IP_TOS", unix.SOL_IP, unix.IP_TOS, 34<<2|1)
	for i := range list[:2] {
		if err := list[i].set(fd); err != nil {
			t.Error(err)
		}
	}
	if err := list[2].set(fd); err == nil || !strings.Contains(err.Error(), "was set to 137, and the system has 136") {
		t.Errorf("got %v", err)
	}
}
