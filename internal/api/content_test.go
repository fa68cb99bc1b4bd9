package api

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sockeye"
)

// T25: received bytes are only ever a download that no browser shows.
func TestDownloadsAreNoPages(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	io.WriteString(b, "<script>alert(1)</script>")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 40 })
	data := ask[Events](v, "GET", "/api/v1/events?kind=received", nil).Events[0]
	for _, path := range []string{"/api/v1/export?format=raw", "/api/v1/export", "/api/v1/export?format=csv", "/api/v1/export?format=jsonl", "/api/v1/export?format=pcapng", fmt.Sprintf("/api/v1/events/%d/data", data.Seq)} {
		resp, err := (checked{t}).RoundTrip(v.request("GET", path, nil))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		h := resp.Header
		_, named, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
		if name := named["filename"]; !regexp.MustCompile(`^(sockeye-[0-9]{8}-[0-9]{6}|event-[0-9]+)\.[a-z]+$`).MatchString(name) { // T29: our own name, whatever peers are called
			t.Errorf("%s is named %q", path, name)
		}
		if err != nil || resp.StatusCode != 200 || len(body) == 0 || h.Get("Content-Type") != octets || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") {
			t.Errorf("%s: %s, %d bytes, %v, %v", path, resp.Status, len(body), h, err)
		}
	}
}

// T31: a giant message is one short row; all of it is a download of its own.
func TestGiantRows(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Options: &Options{Options: sockeye.Options{ReadSize: 4 << 20, ReceiveBuffer: 4 << 20}}})
	b := board(t, s)
	if _, err := b.Write(make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 8<<20+15 })
	status, text := v.do(v.request("GET", "/api/v1/events", nil))
	var page Events
	if err := json.Unmarshal([]byte(text), &page); err != nil || status != 200 || len(text) > 3<<20 {
		t.Fatalf("%d, %d bytes, %v", status, len(text), err)
	}
	for _, e := range page.Events {
		if len(e.Data) > 64<<10 {
			t.Errorf("event %d shows %d bytes", e.Seq, len(e.Data))
		}
		if e.Kind != "received" {
			continue
		}
		if _, all := v.do(v.request("GET", fmt.Sprintf("/api/v1/events/%d/data", e.Seq), nil)); len(all) != *e.Bytes {
			t.Errorf("event %d has %d bytes, the download %d", e.Seq, *e.Bytes, len(all))
		}
	}
}

// T32: a page names a recording, it does not choose where it is.
func TestPathsOfRecordings(t *testing.T) {
	v := serve(t)
	for _, name := range hostilePaths {
		f := v.failing(400, "PUT", "/api/v1/recording", SetRecording{On: true, Path: name})
		if f.Kind != sockeye.Invalid || f.Target != "path" {
			t.Errorf("%q: %+v", name, f)
		}
	}
	if found, err := os.ReadDir(v.o.Recordings); err == nil {
		t.Errorf("something was made: %v", found)
	}
	if got := ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "board-1"}); got.State != "on" || !strings.HasPrefix(got.Path, v.o.Recordings+"/board-1/") {
		t.Errorf("%+v", got)
	}
	if got := ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{}); got.State != "off" {
		t.Errorf("%+v", got)
	}
	v.failing(409, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "board-1"})
	if err := os.Symlink(t.TempDir(), filepath.Join(v.o.Recordings, "link")); err != nil {
		t.Fatal(err)
	}
	v.failing(409, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "link"})
}

// T20: where others may write, a page does not begin a recording or a file for what is
// received, and hears the reason that the command line gives.
func TestExposedRecordings(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	if err := os.MkdirAll(v.o.Recordings, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(v.o.Recordings, 0o777); err != nil {
		t.Fatal(err)
	}
	const (
		message = "others may write into the directory (everybody), and so replace or remove what is recorded"
		hint    = "record into a directory of your own (chmod 700), or allow it with --record-shared"
	)
	for path, body := range map[string]any{
		"/api/v1/recording":        SetRecording{On: true, Path: "board-1"},
		"/api/v1/sessions/s1/file": SetReceiveFile{On: true, Path: "board.bin"},
	} {
		f := v.failing(403, "PUT", path, body)
		if f.Kind != sockeye.AccessDenied || f.Message != message || f.Hint != hint || f.Target != v.o.Recordings {
			t.Errorf("%s: %+v", path, f)
		}
	}
	if found, err := os.ReadDir(v.o.Recordings); err != nil || len(found) > 0 {
		t.Errorf("something was made: %v, %v", found, err)
	}
}

// T32: nor does one that names a file for what is received.
func TestPathsOfReceiveFiles(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	const file = "/api/v1/sessions/s1/file"
	for _, name := range hostilePaths {
		f := v.failing(400, "PUT", file, SetReceiveFile{On: true, Path: name})
		if f.Kind != sockeye.Invalid || f.Target != "path" {
			t.Errorf("%q: %+v", name, f)
		}
	}
	if found, err := os.ReadDir(v.o.Recordings); err == nil {
		t.Errorf("something was made: %v", found)
	}
	if err := os.MkdirAll(v.o.Recordings, 0o700); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, filepath.Join(v.o.Recordings, "link")); err != nil {
		t.Fatal(err)
	}
	v.failing(409, "PUT", file, SetReceiveFile{On: true, Path: "link"})
	if _, err := os.Stat(outside); err == nil {
		t.Error("a link was followed")
	}
}

// T32: whatever stands where a path or query of any route has a name, no file is reached
// by it: it is a name that nobody has, or none.
func TestNamesOfEveryRoute(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	tried := 0
	for _, rt := range v.routes {
		if !strings.Contains(rt.path, "{") {
			continue
		}
		for _, name := range hostilePaths {
			tried++
			path := inPath().ReplaceAllString(rt.path, strings.ReplaceAll(url.PathEscape(name), "$", "$$"))
			method := rt.method
			got := v.answers(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", method, path, v.addr, v.token))
			if len(got) != 1 || got[0] < 400 || got[0] >= 500 {
				t.Errorf("%s %s: %v", method, path, got)
			}
		}
	}
	for _, name := range hostilePaths {
		if status, text := v.do(v.request("GET", "/api/v1/export?session="+url.QueryEscape(name), nil)); status != 404 && status != 400 {
			t.Errorf("export of %q: %d %.100q", name, status, text)
		}
	}
	if tried < 600 || len(hostilePaths) < 60 {
		t.Errorf("%d names were tried", tried)
	}
	if n := len(v.bench.Sessions()); n != 1 {
		t.Errorf("%d sessions are open", n)
	}
}

var hostilePaths = []string{
	"..", ".", "../x", "a/b", "/etc/x", "/", "a/../b", "..\\x", "C:\\x", "C:x", "\\\\host\\share", "a\\b", "%2e%2e", "%2f", "..%2f", "x\x00", "\x00", "a\nb", " a", "a b", ".hidden", "end.",
	"~", "~/x", "$HOME", "a;b", "a|b", "`id`", "$(id)", "a*", "a?", "*", "a:b", "a\"b", "a'b", "<x>", "-\x01", "名", "\u202e", "ａ", "a\u0301", "/proc/self/mem", "/dev/null", "file:///x", "//x",
	"./x", "x/", "x/.", "x/..", "....//", "..;/", "..\u2215x", "..\uff0fx", "\xff", "\xc0\xae", "a\tb", "a\rb", strings.Repeat("a", 81), strings.Repeat("../", 40), "{x}", "[x]", "x@y", "x#y", "x&y", "=x", "+x",
}

// T38: JSON that would make a parser work, guess or choose is refused.
func TestHostileJSON(t *testing.T) {
	v := serve(t)
	for name, body := range map[string]string{
		"deep":            strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"deep list":       `{"mode":` + strings.Repeat("[", 100_000),
		"huge number":     `{"mode":"listen","address":":0","options":{"idle_timeout_ms":1e400}}`,
		"twice":           `{"mode":"listen","mode":"connect","address":":0"}`,
		"twice, by case":  `{"mode":"listen","MODE":"connect","address":":0"}`,
		"twice, folded":   `{"mode":"listen","address":"127.0.0.1:0","addreſſ":"127.0.0.9:0"}`,
		"folded":          `{"mode":"listen","addreſſ":"127.0.0.9:0"}`,
		"capital letter":  `{"mode":"listen","address":":0","Echo":true}`,
		"capital, deep":   `{"mode":"listen","address":":0","options":{"Prefer":4}}`,
		"twice, deep":     `{"mode":"listen","address":":0","options":{"prefer":4,"prefer":6}}`,
		"UTF-8":           "{\"mode\":\"\xff\",\"address\":\":0\"}",
		"unknown":         `{"mode":"listen","address":":0","nothing":1}`,
		"two values":      `{"mode":"listen","address":":0"}{}`,
		"list":            `[]`,
		"text":            `"x"`,
		"null":            `null`,
		"ends early":      `{"mode":"listen"`,
		"wrong type":      `{"mode":7,"address":":0"}`,
		"NaN":             `{"mode":"listen","address":":0","options":{"idle_timeout_ms":NaN}}`,
		"comment":         `{"mode":"listen",/**/"address":":0"}`,
		"byte order mark": "\ufeff{}",
	} {
		f := v.failing(400, "POST", "/api/v1/sessions", body)
		if f.Kind != sockeye.Invalid || f.Message == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	v.failing(413, "PUT", "/api/v1/workspace", `{"aliases":[{"alias":"`+strings.Repeat("x", 8<<20)+`"}]}`)
	if got := v.answers("PUT /api/v1/workspace HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n{"); len(got) != 1 || got[0] != 413 {
		t.Errorf("a terabyte: %v", got)
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

// T50: numbers out of range are refused, each field by its name, and none wraps.
func TestNumericEdges(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 })
	for _, c := range []struct{ method, path, body, field string }{
		{"POST", "/sessions", `{"mode":"listen","address":":65536"}`, ""},
		{"POST", "/sessions", `{"mode":"listen","address":":-1"}`, ""},
		{"POST", "/sessions", `{"mode":"connect","address":"127.0.0.1:0"}`, "address"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"source_port":65536}}`, "options.source_port"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"source_port":-1}}`, "options.source_port"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"max_peers":-1}}`, "options.max_peers"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"max_peers":9223372036854775808}}`, "options.max_peers"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"backlog":1e18}}`, "options.backlog"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"backlog":1.5}}`, "options.backlog"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"idle_timeout_ms":-1}}`, "options.idle_timeout_ms"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"idle_timeout_ms":1e18}}`, "options.idle_timeout_ms"},
		{"POST", "/sessions", `{"mode":"listen","address":":0","device":{"hello":"","interval_ms":-1}}`, "device.interval_ms"},
		{"POST", "/sessions/s1/runs", `{"all":true,"data":"aA==","every_ms":0}`, "every_ms"},
		{"POST", "/sessions/s1/runs", `{"all":true,"data":"aA==","every_ms":-1}`, "every_ms"},
		{"POST", "/sessions/s1/runs", `{"all":true,"data":"aA==","every_ms":1e18}`, "every_ms"},
		{"POST", "/sessions/s1/runs", `{"all":true,"data":"aA==","every_ms":10,"times":-1}`, "times"},
		{"POST", "/sessions/s1/runs", `{"all":true,"data":"aA==","every_ms":10,"times":9223372036854775808}`, "times"},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"times":-1}}`, "list.times"},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"row":[{"text":"x"},{"text":"x","repeat":-1}]}}`, "list.row[1].repeat"},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"row":[{"text":"x","repeat":1000000000},{"text":"x"}]}}`, ""},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"row":[{"text":"x","delay":"-1s"}]}}`, "list.row[0].delay"},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"row":[{"text":"x","delay":"1s..2s"}]}}`, "list.row[0].delay"},
		{"POST", "/sessions/s1/send", `{"to":[-1],"data":"aA=="}`, "to[0]"},
		{"GET", "/events?from=-1", "", "from"},
		{"GET", "/events?from=18446744073709551616", "", "from"},
		{"GET", "/events?limit=1001", "", "limit"},
		{"GET", "/events?limit=1e3", "", "limit"},
		{"GET", "/events?from=+1", "", "from"},
		{"GET", "/events/-1/data", "", "seq"},
		{"GET", "/live?from=x", "", "from"},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		f := v.failing(400, c.method, "/api/v1"+c.path, body)
		if f.Kind != sockeye.Invalid || c.field != "" && f.Target != c.field {
			t.Errorf("%s %s: %+v", c.path, c.body, f)
		}
	}
	several := v.failing(400, "POST", "/api/v1/sessions", `{"mode":"x","address":":0","options":{"max_peers":-1,"read_size":-1}}`)
	if len(several.Also) != 2 {
		t.Errorf("three fields are wrong: %+v", several)
	}
}

// The dialler's guard: no session may connect to where we take orders ourselves.
func TestSessionsCannotReachTheControlAddress(t *testing.T) {
	v := serve(t)
	_, port, _ := net.SplitHostPort(v.addr)
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "sockeye.localhost"} {
		got, text := v.do(v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: "tcp://" + host + ":" + port}))
		if got != 403 || !strings.Contains(text, "not-permitted") {
			t.Errorf("%s: %d %s", host, got, text)
		}
	}
}

// Issue "Hostile files" (10): an export of a session that never was is not an empty file.
// One that is closed and gone from the list still has its events.
func TestExportOfUnknownSession(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	for range 2 { // it is closed, then forgotten
		ask[Session](v, "DELETE", "/api/v1/sessions/"+s.ID, None{})
	}
	if status, text := v.do(v.request("GET", "/api/v1/export?session="+s.ID, nil)); status != 200 || !strings.Contains(text, "opened s1") {
		t.Errorf("%d %q", status, text)
	}
	for _, id := range []string{"s2", "s0", "s01", "s-1", "1", "x", "s99999999999999999999", "s1%20"} {
		if f := v.failing(404, "GET", "/api/v1/export?session="+id, nil); f.Kind != sockeye.NotFound || f.Message != "no such session" {
			t.Errorf("%s: %+v", id, f)
		}
	}
}
