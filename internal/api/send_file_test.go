package api

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// upload sends a file to a session and returns the answer.
func (v *served) upload(query, body string) (status int, text string) {
	v.t.Helper()
	r := v.request("POST", "/api/v1/sessions/s1/files?"+query, body)
	r.Header.Set("Content-Type", "application/octet-stream")
	return v.do(r)
}

// A file goes on when whoever sent it is gone, pauses and stops by anybody's request, and
// everybody sees how far it is.
func TestFiles(t *testing.T) {
	v, b := withBoard(t)
	if status, text := v.upload("name=boot.bin&all=true&chunk=4", "0123456789"); status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	reads(t, b, "0123456789")
	only := func() Run {
		t.Helper()
		runs := ask[Runs](v, "GET", "/api/v1/sessions/s1/runs", nil).Runs
		return runs[len(runs)-1]
	}
	for end := time.Now().Add(time.Minute); only().Running || only().File.Recipients[0].Acknowledged < 10; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", only())
		}
	}
	if r := only(); r.Name != "boot.bin" || r.File.Size != 10 || r.Messages != 3 || r.Bytes != 10 || len(r.To) != 1 || r.Error != nil || r.File.Recipients[0].Sent != 10 {
		t.Errorf("%+v", r)
	}
	v.upload("name=slow&to=1&chunk=1&rate=1", "ab"+strings.Repeat("c", 100))
	reads(t, b, "a")
	path := "/api/v1/sessions/s1/runs/" + only().ID
	if r := ask[Run](v, "PATCH", path, ChangeRun{Paused: true}); !r.Paused || !r.Running {
		t.Errorf("%+v", r)
	}
	if r := ask[Run](v, "PATCH", path, ChangeRun{}); r.Paused || !r.Running {
		t.Errorf("%+v", r)
	}
	reads(t, b, "b")
	if r := ask[Run](v, "DELETE", path, nil); r.Running || r.Bytes < 2 || r.Bytes > 50 || r.Error != nil {
		t.Errorf("%+v", r)
	}
	for query, want := range map[string]int{
		"name=x": 400, "name=x&all=true&to=1": 400, "name=x&to=9": 404, "name=x&all=true&rate=-1": 400, "name=x&all=true&chunk=99999999": 400,
		"name=x&all=true&line_delay_ms=a": 400, "name=" + strings.Repeat("x", 256) + "&all=true": 400, "all=yes": 400,
	} {
		if status, text := v.upload(query, "x"); status != want {
			t.Errorf("%.60s: %d %s", query, status, text)
		}
	}
	r := v.request("POST", "/api/v1/sessions/s1/files?all=true", "x") // as JSON, which a form could not send either
	if status, _ := v.do(r); status != http.StatusUnsupportedMediaType {
		t.Errorf("as JSON: %d", status)
	}
	v.failing(404, "PATCH", "/api/v1/sessions/s1/runs/r99", ChangeRun{})
	list := ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Data: []byte("c"), EveryMS: 10000})
	v.failing(409, "PATCH", "/api/v1/sessions/s1/runs/"+list.ID, ChangeRun{Paused: true})
}

// An upload that ends early sends nothing.
func TestFileThatIsNotThere(t *testing.T) {
	v, _ := withBoard(t)
	r := v.request("POST", "/api/v1/sessions/s1/files?all=true", nil)
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("half")), 8
	if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
		resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("%s", resp.Status)
		}
	}
	if runs := ask[Runs](v, "GET", "/api/v1/sessions/s1/runs", nil).Runs; len(runs) > 0 {
		t.Errorf("%+v", runs)
	}
}
