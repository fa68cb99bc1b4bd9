package api

import (
	"io"
	"net"
	"sockeye/internal/responder"
	"testing"
	"time"

	"sockeye"
)

// BenchmarkPacing sends 64 bytes every 10 ms as the page does, by a request, while a
// page asks four times a second how far it is. It reports how late messages begin, as
// the core tells, and how far from an even beat they reach the board. A run of 10,000
// takes 100 s: go test -run '^$' -bench Pacing -benchtime 10000x ./internal/api
func BenchmarkPacing(b *testing.B) {
	const interval = 10 * time.Millisecond
	v := serve(b)
	s, err := v.bench.Open(b.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}, responder.Answer{})
	if err != nil {
		b.Fatal(err)
	}
	board, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		b.Fatal(err)
	}
	defer board.Close()
	for len(s.Peers()) == 0 {
		time.Sleep(time.Millisecond)
	}
	const runs = "/api/v1/sessions/s1/runs"
	ask[Run](v, "POST", runs, StartRun{All: true, Data: make([]byte, 64), EveryMS: 10, Times: b.N})
	over := make(chan struct{})
	go func() {
		defer close(over)
		for running := true; running; time.Sleep(250 * time.Millisecond) {
			running = ask[Runs](v, "GET", runs, nil).Runs[0].Running
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
	end := ask[Runs](v, "GET", runs, nil)
	b.ReportMetric(end.Runs[0].MeanLate*1000, "µs-late/op")
	b.ReportMetric(end.Runs[0].MostLate*1000, "µs-late-max")
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs-at-board/op")
	b.ReportMetric(float64(most.Microseconds()), "µs-at-board-max")
}
