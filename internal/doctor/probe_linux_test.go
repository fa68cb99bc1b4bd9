package doctor

import "testing"

// No extended error of the kernel's, however damaged, makes its parser panic.
func FuzzParseExtendedError(f *testing.F) {
	f.Add(make([]byte, 48))
	f.Fuzz(func(t *testing.T, b []byte) { parseExtendedError(b) })
}
