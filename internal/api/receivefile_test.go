package api

import (
	"os"
	"path/filepath"
	"testing"
)

// What a session receives goes to a file while that is on, and the feed says how it is.
func TestReceiveFile(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	const file = "/api/v1/sessions/s1/file"
	if got := ask[ReceiveFile](v, "GET", file, nil); got.State != "off" || got.Path != "" {
		t.Errorf("%+v", got)
	}
	v.failing(404, "PUT", file, SetReceiveFile{On: true, Peer: 7})
	want := filepath.Join(v.o.Recordings, "board.bin")
	if got := ask[ReceiveFile](v, "PUT", file, SetReceiveFile{On: true, Path: "board.bin"}); got.State != "on" || got.Path != want {
		t.Errorf("%+v", got)
	}
	v.failing(409, "PUT", file, SetReceiveFile{On: true, Path: "another.bin"})
	if _, err := os.Stat(filepath.Join(v.o.Recordings, "another.bin")); err == nil {
		t.Error("a file was left behind")
	}
	board(t, s)
	v.follow(func(l Live) bool {
		return len(l.Sessions) == 1 && l.Sessions[0].File != nil && l.Sessions[0].File.Bytes == 15
	})
	if got := ask[ReceiveFile](v, "PUT", file, SetReceiveFile{}); got.State != "off" || got.Bytes != 15 || got.Error != nil {
		t.Errorf("%+v", got)
	}
	if text, err := os.ReadFile(want); err != nil || string(text) != "Hello 01Studio!" {
		t.Errorf("%q, %v", text, err)
	}
	v.failing(409, "PUT", file, SetReceiveFile{On: true, Path: "board.bin"})
	if got := ask[ReceiveFile](v, "PUT", file, SetReceiveFile{On: true, Peer: 1}); got.State != "on" || got.Peer != 1 {
		t.Errorf("without a name: %+v", got)
	}
	ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
	v.follow(func(l Live) bool {
		return len(l.Sessions) == 1 && l.Sessions[0].State == "closed" && l.Sessions[0].File.State == "off"
	})
	v.failing(409, "PUT", file, SetReceiveFile{On: true})
}
