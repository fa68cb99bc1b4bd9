package doctor

import "testing"

func FuzzParseExtendedError(f *testing.F) {
	f.Add(make([]byte, 48))
	f.Fuzz(func(t *testing.T, b []byte) { parseExtendedError(b) })
}
