//go:build unix && !linux

package wire

func sysFD(fd uintptr) int { return int(fd) }
