//go:build !linux

package unix

// programName is not known: this system is not asked.
func programName(int) string { return "" }
