package api

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye"
)

// Whoever asks over the API names a key log, and it is made where recordings are; no other
// path is written to, however it is given.
func TestKeyLogStaysAmongRecordings(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "keys.txt")
	path := filepath.Join(t.TempDir(), "workspace.toml")
	write(t, path, fmt.Sprintf("sockeye = 2\n[[endpoint]]\nname = \"mqtt\"\nlisten = \"tls://127.0.0.1:0\"\nkeylog = %q\n", outside))
	v := serve(t, func(o *Config) { o.Workspace, o.Bench.CADir = path, t.TempDir() })
	const tls = "tls://127.0.0.1:0"
	keys := func(name string) *Options {
		return &Options{Options: sockeye.Options{TLS: sockeye.TLSOptions{KeyLog: name}}}
	}

	want := filepath.Join(v.o.Recordings, "keys.txt")
	for _, name := range []string{"keys.txt", want} {
		s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: tls, Options: keys(name)})
		if got := s.Options.TLS.KeyLog; got != want {
			t.Errorf("%s: the key log is %s, want %s", name, got, want)
		}
	}
	if st, err := os.Stat(want); err != nil || st.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", st, err)
	}

	for field, in := range map[string]Open{
		"options.keylog":          {Mode: "listen", Address: tls, Options: keys(outside)},
		"options.keylog ":         {Mode: "listen", Address: tls + "?keylog=" + outside},
		"options.keylog  ":        {Mode: "listen", Address: tls, Options: keys("../keys.txt")},
		"upstream.options.keylog": {Mode: "listen", Address: "127.0.0.1:0", Upstream: &Upstream{Address: "tls://127.0.0.1:1?keylog=" + outside}},
		"routes[0]": {Mode: "listen", Address: "127.0.0.1:0", Upstream: &Upstream{Address: "127.0.0.1:1"},
			Routes: []string{"tls://127.0.0.1:1?keylog=" + outside + " peer 127.0.0.1"}},
	} {
		got := v.failing(400, "POST", "/api/v1/sessions", in)
		if text := fmt.Sprintf("%+v", got); !strings.Contains(text, strings.TrimSpace(field)) || !strings.Contains(text, "keys.txt, which is made among the recordings") {
			t.Errorf("%s: %s", field, text)
		}
	}
	w := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	v.failing(400, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: w.Stamp, Endpoint: "mqtt"})
	if _, err := os.Stat(outside); err == nil {
		t.Error("a key log was made outside")
	}
}
