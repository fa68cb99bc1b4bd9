package sockeye_test

import (
	"os"
	"path"
	"regexp"
	"testing"
)

// connectionLocks are the locks of connections, each with the one file that may take it.
var connectionLocks = []struct{ file, lock string }{
	{"internal/transport/stream_order.go", `\bc\.order`},
	{"internal/transport/tcp/epoll/epollconn_linux.go", `\bc\.order`},
	{"internal/transport/tcp/epoll/epollconn_linux.go", `\bc\.fdMu`},
	{"internal/transport/tls/records.go", `\br\.mu`},
	{"internal/transport/websocket/conn.go", `\bc\.mu`},
	{"internal/transport/serial/conn.go", `\bc\.mu`},
}

// The lock of a connection is taken and released in one file, so that who reads it sees all that
// is done under it.
func TestLocksOfConnectionsStayInOneFile(t *testing.T) {
	files := sourceFiles(t)
	for _, l := range connectionLocks {
		taken := regexp.MustCompile(l.lock + `\.(Try)?(Lock|Unlock)\(`)
		found := false
		for _, f := range files {
			if f.test || path.Dir(f.name) != path.Dir(l.file) {
				continue
			}
			text, err := os.ReadFile(f.name)
			if err != nil {
				t.Fatal(err)
			}
			if !taken.Match(text) {
				continue
			}
			if found = found || f.name == l.file; f.name != l.file {
				t.Errorf("%s takes or releases the lock %s of %s", f.name, l.lock, l.file)
			}
		}
		if !found {
			t.Errorf("%s does not take %s any more: correct the list", l.file, l.lock)
		}
	}
}
