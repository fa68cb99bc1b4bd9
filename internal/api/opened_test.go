package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recorded makes a recording with a name in which a board said so many lines.
func (v *served) recorded(t *testing.T, name string, lines int) {
	t.Helper()
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true, Path: name})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	io.WriteString(b, "\n")
	want := uint64(len("Hello 01Studio!\n"))
	for n := range lines {
		line := fmt.Sprintf("temp=%d\n", n)
		io.WriteString(b, line)
		want += uint64(len(line))
	}
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == want })
	b.Close()
	ask[Session](v, "DELETE", "/api/v1/sessions/"+s.ID, nil)
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: false})
}

// A recording is opened as closed sessions, of which all is asked that is asked of live
// ones, beside live sessions with the same numbers.
func TestOpenRecording(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	v := serve(t)
	v.recorded(t, "monday", 200)
	files := ask[RecordFiles](v, "GET", "/api/v1/recordings", nil).Files
	if len(files) != 1 || files[0].Name != "monday" || files[0].Bytes == 0 || files[0].Modified == "" {
		t.Fatalf("%+v", files)
	}
	o := ask[OpenedRecording](v, "POST", "/api/v1/recordings", OpenRecording{Name: "monday"})
	if o.ID != "r1" || len(o.Sessions) != 1 || o.Sessions[0].ID != "r1.s1" || o.Sessions[0].State != "closed" || o.Sessions[0].Recording.Next != o.Events+1 || o.Damages != 0 {
		t.Fatalf("%+v", o)
	}
	v.follow(func(l Live) bool {
		for _, s := range l.Sessions {
			if s.ID == "r1.s1" {
				return true
			}
		}
		return false
	})
	if all := ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions; len(all) != 2 || all[1].ID != "r1.s1" {
		t.Errorf("%+v", all)
	}
	if p := ask[Peers](v, "GET", "/api/v1/sessions/r1.s1/peers", nil); len(p.Peers) != 0 {
		t.Errorf("%+v", p)
	}
	page := ask[Events](v, "GET", "/api/v1/events?session=r1.s1&text=temp%3D150&frame=line", nil)
	if len(page.Events) != 1 || len(page.Events[0].Frames) != 1 || string(page.Events[0].Frames[0].Data) != "temp=150\n" {
		t.Fatalf("%+v", page.Events)
	}
	last := ask[Events](v, "GET", "/api/v1/events?session=r1.s1&back=true&limit=1", nil)
	if len(last.Events) != 1 || last.Events[0].Kind != "closed" || last.Next != o.Sessions[0].Recording.Next {
		t.Errorf("%+v", last)
	}
	series := ask[SeriesPage](v, "GET", "/api/v1/series?session=r1.s1&fields=keys&columns=10", nil)
	if len(series.Series) != 1 || series.Series[0].Count != 200 || series.Series[0].Stats.Max != 199 {
		t.Errorf("%+v", series)
	}
	_, text := v.do(v.request("GET", "/api/v1/export?session=r1.s1&format=raw", nil))
	if want := "Hello 01Studio!\ntemp=0\n"; !strings.HasPrefix(text, want) || !strings.HasSuffix(text, "temp=199\n") {
		t.Errorf("%.60q", text)
	}
	first := ask[Events](v, "GET", "/api/v1/events?session=r1.s1&kind=received&limit=1", nil).Events[0]
	if _, data := v.do(v.request("GET", fmt.Sprintf("/api/v1/events/%d/data?session=r1.s1", first.Seq), nil)); !strings.HasPrefix(data, "Hello 01Studio!") { // what one read took
		t.Errorf("%q", data)
	}
	ask[Messages](v, "GET", fmt.Sprintf("/api/v1/events/%d/messages?session=r1.s1&frame=line", first.Seq), nil)
	ask[Protocols](v, "GET", "/api/v1/sessions/r1.s1/protocols", nil)
	ask[Session](v, "DELETE", "/api/v1/sessions/r1.s1", nil)
	v.failing(http.StatusNotFound, "GET", "/api/v1/sessions/r1.s1", nil)
	if left := copies(t); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// copies are the copies of recordings in this test's directory for temporary files.
func copies(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "sockeye-*.opened"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What is uploaded is opened if it is a capture; else the answer says what is wanted.
func TestUploadRecording(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	v := serve(t)
	v.recorded(t, "tuesday", 3)
	_, file := v.do(v.request("GET", "/api/v1/export?format=pcapng", nil))
	upload := func(name, body string) (int, string) {
		r := v.request("POST", "/api/v1/recordings/upload?name="+name, body)
		r.Header.Set("Content-Type", octets)
		return v.do(r)
	}
	if status, text := upload("tuesday.pcapng", file); status != http.StatusCreated || !strings.Contains(text, `"r1.s1"`) {
		t.Fatal(status, text)
	}
	if status, text := upload("x.txt", "no capture at all"); status != http.StatusBadRequest || !strings.Contains(text, "Wireshark") {
		t.Error(status, text)
	}
	if n := len(copies(t)); n != 1 {
		t.Errorf("%d copies", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	v.bench.Shutdown(ctx)
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "sockeye-*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// Only what is in the directory of recordings is opened: no path leads out of it, no link is followed.
func TestOpenRecordingStaysInItsDirectory(t *testing.T) {
	v := serve(t)
	v.recorded(t, "inside", 1)
	dir := v.o.Recordings
	if err := os.Symlink(filepath.Join(dir, "inside"), filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"../recordings/inside", "/etc", "inside/..", ".", ""} {
		v.failing(http.StatusBadRequest, "POST", "/api/v1/recordings", OpenRecording{Name: name})
	}
	for _, name := range []string{"link", "nothing"} {
		v.failing(http.StatusNotFound, "POST", "/api/v1/recordings", OpenRecording{Name: name})
	}
	if files := ask[RecordFiles](v, "GET", "/api/v1/recordings", nil).Files; len(files) != 1 {
		t.Errorf("%+v", files)
	}
	for range 8 {
		ask[OpenedRecording](v, "POST", "/api/v1/recordings", OpenRecording{Name: "inside"})
	}
	v.failing(http.StatusConflict, "POST", "/api/v1/recordings", OpenRecording{Name: "inside"})
}
