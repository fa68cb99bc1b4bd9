package pcapng

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// Every version that was ever written can be read, and what is written now is
// what its version says (F24). A change that breaks this needs a new Version, and
// a golden file beside the old one.
func TestGoldenVersions(t *testing.T) {
	s := mixed()
	now := s.encode(EncodeOptions{OS: "linux"})
	const current = "testdata/version1.pcapng"
	if *update {
		if err := os.WriteFile(current, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(current)
	if err != nil {
		t.Fatal(err)
	}
	wantEvents(t, s.events, golden)
	if !bytes.Equal(golden, now) {
		t.Errorf("version %d is written otherwise than before", Version)
	}
}
