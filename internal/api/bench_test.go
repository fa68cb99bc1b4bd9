package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sockeye/internal/responder"
	"testing"
	"time"

	"sockeye"
)

// BenchmarkReceive is what a page costs the core: 64 bytes a read as
// fast as it comes, with no page, and with one that follows the feed and asks for its
// window of rows at every line. Compare the two of one run.
func BenchmarkReceive(b *testing.B) {
	for _, pages := range []int{0, 1} {
		b.Run(fmt.Sprintf("pages=%d", pages), func(b *testing.B) { receive(b, pages) })
	}
}

func receive(b *testing.B, pages int) {
	v := serve(b)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := v.bench.Open(ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}, Options: sockeye.Options{ReadSize: 64}}, responder.Answer{})
	if err != nil {
		b.Fatal(err)
	}
	for range pages {
		go play(ctx, b, v.addr, v.token)
	}
	c, err := net.Dial("tcp", s.Locals()[0].String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.SetBytes(64)
	out := bufio.NewWriterSize(c, 64<<10)
	message := make([]byte, 64)
	for b.Loop() {
		out.Write(message)
	}
	out.Flush()
	for s.Status().Counters.ReceivedBytes < uint64(b.N)*64 {
		time.Sleep(100 * time.Microsecond)
	}
}

// play is a page: it reads the feed, and with every line the last 200 rows.
func play(ctx context.Context, b *testing.B, addr, token string) {
	get := func(path string) (*http.Response, error) {
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/api/v1"+path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return http.DefaultClient.Do(r)
	}
	feed, err := get("/live")
	if err != nil {
		b.Error(err)
		return
	}
	defer feed.Body.Close()
	for lines := bufio.NewScanner(feed.Body); lines.Scan(); {
		var line Live
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			b.Error(lines.Text())
		}
		if rows, err := get("/events?back=true&limit=200"); err == nil {
			io.Copy(io.Discard, rows.Body)
			rows.Body.Close()
		}
	}
}
