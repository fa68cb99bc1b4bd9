package recording

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"

	"sockeye"
)

// What was recorded before peers had addresses that need not be IP is read as it was.
func TestRecordingsFromBeforeDriversAreRead(t *testing.T) {
	for name, want := range map[string][]string{
		"tcp": {"opened", "joined", "received", "sent", "finished", "left", "joined", "received", "sent", "finished", "left", "closed"},
		"udp": {"opened", "joined", "received", "sent", "left", "closed"},
	} {
		r, err := Open(filepath.Join("testdata", "before-drivers", name+".pcapng"))
		if err != nil {
			t.Fatal(err)
		}
		read, err := r.Read(ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for {
			e, err := read.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, e.Kind.String())
			if p := e.Peer; p != nil && (!p.Remote.IsIP() || !p.Local.IsIP() || p.Network != sockeye.Network(name) || p.Session.Endpoint.Address.Port == 0) {
				t.Errorf("%s: the peer is %+v", name, p)
			}
		}
		read.Close()
		if !slices.Equal(kinds, want) {
			t.Errorf("%s: read %v, want %v", name, kinds, want)
		}
	}
}
