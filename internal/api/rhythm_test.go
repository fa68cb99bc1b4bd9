package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/workbench"
)

// BenchmarkRhythm sends 64 bytes every 10 ms as the page does, by a request, while a
// page asks four times a second how far it is. It reports how late messages begin, as
// the core tells, and how far from an even beat they reach the board. A run of 10,000
// takes 100 s: go test -run '^$' -bench Rhythm -benchtime 10000x ./internal/api
func BenchmarkRhythm(b *testing.B) {
	const interval = 10 * time.Millisecond
	ask, s := asked(b)
	board, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		b.Fatal(err)
	}
	defer board.Close()
	for len(s.Peers()) == 0 {
		time.Sleep(time.Millisecond)
	}
	ask("POST", "/sessions/s1/runs", StartRun{All: true, Data: make([]byte, 64), EveryMS: 10, Times: b.N}, nil)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for running := true; running; time.Sleep(250 * time.Millisecond) {
			var now Runs
			ask("GET", "/sessions/s1/runs", nil, &now)
			running = now.Runs[0].Running
		}
	}()
	arrived := make([]time.Duration, b.N) // less the time it is planned for
	start, message := time.Now(), make([]byte, 64)
	first := time.Duration(1 << 62)
	for n := range arrived {
		if _, err := io.ReadFull(board, message); err != nil {
			b.Fatal(err)
		}
		arrived[n] = time.Since(start) - time.Duration(n)*interval
		first = min(first, arrived[n])
	}
	var sum, most time.Duration
	for _, at := range arrived {
		sum += at - first
		most = max(most, at-first)
	}
	<-over
	var end Runs
	ask("GET", "/sessions/s1/runs", nil, &end)
	b.ReportMetric(end.Runs[0].MeanLate*1000, "µs-late/op")
	b.ReportMetric(end.Runs[0].MostLate*1000, "µs-late-max")
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs-at-board/op")
	b.ReportMetric(float64(most.Microseconds()), "µs-at-board-max")
}

// asked is a workbench with a server, and what asks its API.
func asked(b *testing.B) (ask func(method, path string, in, out any), s *workbench.Session) {
	b.Helper()
	bench := workbench.New(0)
	server, err := New(Config{Bench: bench})
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server.Allow(l)
	go server.Serve(l)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		server.Close(ctx)
		bench.Shutdown(ctx)
	})
	s, err = bench.Open(b.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}, workbench.Answer{})
	if err != nil {
		b.Fatal(err)
	}
	token, _ := server.secrets.redeem(server.NewTicket().Ticket)
	return func(method, path string, in, out any) {
		body, _ := json.Marshal(in)
		if in == nil {
			body = nil
		}
		r, _ := http.NewRequest(method, "http://"+l.Addr().String()+"/api/v1"+path, bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Error(err)
			return
		}
		defer a.Body.Close()
		if a.StatusCode >= 300 {
			text, _ := io.ReadAll(a.Body)
			b.Errorf("%s %s: %d %s", method, path, a.StatusCode, text)
		} else if out != nil && json.NewDecoder(a.Body).Decode(out) != nil {
			b.Errorf("%s %s: no JSON", method, path)
		}
	}, s
}
