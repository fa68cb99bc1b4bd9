//go:build unix && !linux

package sockopt

func sysFD(fd uintptr) int { return int(fd) }

// IP_DONTFRAG and IPV6_DONTFRAG of macOS.
const (
	ipDontFragment   = 28
	ipv6DontFragment = 62
)
