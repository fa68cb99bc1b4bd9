//go:build unix && !linux

package sockopt

func sysFD(fd uintptr) int { return int(fd) }
