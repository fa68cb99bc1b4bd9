package sockopt

import "syscall"

func sysFD(fd uintptr) syscall.Handle { return syscall.Handle(fd) }

// IP_DONTFRAGMENT and IPV6_DONTFRAG of ws2ipdef.h.
const (
	ipDontFragment   = 14
	ipv6DontFragment = 14
)
