//go:build !linux

package netinfo

import (
	"fmt"
	"runtime"

	"sockeye"
)

// portOwnerOf would find who holds an address; other systems do not tell without
// their own tools.
func portOwnerOf(localAddr) (portOwner, bool) { return portOwner{}, false }

// portOwnerProcess is the command that shows it.
func portOwnerProcess(p localAddr) string {
	switch {
	case runtime.GOOS == "windows":
		return fmt.Sprintf("netstat -ano | findstr :%d", p.Port())
	case p.network == sockeye.UDP:
		return fmt.Sprintf("sudo lsof -nP -iUDP:%d", p.Port())
	}
	return fmt.Sprintf("sudo lsof -nP -iTCP:%d", p.Port())
}

// portRange is the range that the system takes free ports from, unknown here.
func portRange() (low, high int, ok bool) { return 0, 0, false }
