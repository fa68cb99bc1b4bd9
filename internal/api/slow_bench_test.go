package api

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkBesideSlowConnections is how long an ordinary request takes, alone and beside 200 connections
// that send a byte a second: half of them a head, half of them a body. Compare p99-µs
// of one run: beside them it may be twice that alone.
func BenchmarkBesideSlowConnections(b *testing.B) {
	for _, slow := range []int{0, 200} {
		b.Run(fmt.Sprintf("slow=%d", slow), func(b *testing.B) { besideSlow(b, slow) })
	}
}

func besideSlow(b *testing.B, slow int) {
	v := serve(b)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	defer func() {
		cancel()
		all.Wait()
	}()
	head := "Host: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\n"
	for n := range slow {
		text := "GET / HTTP/1.1\r\nHost: "
		if n%2 == 1 {
			text = "PUT /api/v1/workspace HTTP/1.1\r\n" + head + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
		}
		all.Go(func() {
			for ctx.Err() == nil { // one that was cut comes again
				trickle(ctx, v.addr, text)
			}
		})
	}

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var took []time.Duration
	for b.Loop() {
		r := v.request("GET", "/api/v1/sessions", nil)
		began := time.Now()
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		took = append(took, time.Since(began))
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("status %d", resp.StatusCode)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// trickle sends a byte a second after a text until it is cut.
func trickle(ctx context.Context, addr, text string) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, c)
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	io.WriteString(c, text)
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
			io.WriteString(c, "x")
		}
	}
}
