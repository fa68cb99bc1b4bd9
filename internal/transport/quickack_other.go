//go:build unix && !linux

package transport

// AckAtOnce is of Linux alone, and the option is refused elsewhere.
func AckAtOnce(uintptr) {}
