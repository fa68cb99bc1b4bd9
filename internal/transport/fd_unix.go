//go:build unix && !linux

package transport

func sysFD(fd uintptr) int { return int(fd) }
