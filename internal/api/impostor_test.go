package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sockeye/internal/api/access"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye"
)

// planted is a program in the workbench's place: it answers each connection as it likes,
// and keeps what it was told.
type planted struct {
	net.Listener
	mu   sync.Mutex
	told strings.Builder
}

func (p *planted) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told.Write(b)
}

func (p *planted) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told.String()
}

func plant(t *testing.T, answer func(r *http.Request, w io.Writer)) *planted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &planted{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(io.TeeReader(c, p))
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					answer(r, c)
				}
			}()
		}
	}()
	return p
}

// respond writes an answer with a body.
func respond(w io.Writer, status int, body string) {
	fmt.Fprintf(w, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// Issues "Faults from the field" (6) and "Hostile files" (5): after the workbench was
// killed, the program that has its port now received the token, and what it returned was
// given to the browser. It is asked for a proof first, told nothing, and believed nothing.
func TestImpostorIsToldNothing(t *testing.T) {
	real := serve(t)
	earlier := ""
	for name, answer := range map[string]func(r *http.Request, w io.Writer){
		"a ticket": func(_ *http.Request, w io.Writer) {
			respond(w, 200, `{"ticket":"x","url":"http://evil.example/\u001b]0;x\u0007#t=x","proof":"00"}`)
		},
		"no proof":        func(_ *http.Request, w io.Writer) { respond(w, 200, `{}`) },
		"an old proof":    func(_ *http.Request, w io.Writer) { respond(w, 200, earlier) },
		"a proof refused": func(_ *http.Request, w io.Writer) { respond(w, 403, earlier) },
		"a redirect": func(_ *http.Request, w io.Writer) {
			io.WriteString(w, "HTTP/1.1 307 X\r\nLocation: http://"+real.addr+"/proof\r\nContent-Length: 0\r\n\r\n")
		},
		"no HTTP":  func(_ *http.Request, w io.Writer) { io.WriteString(w, "220 \x1b[2Jhello\r\n") },
		"too much": func(_ *http.Request, w io.Writer) { respond(w, 200, `{"proof":"`+strings.Repeat("0", 1<<20)) },
		"more than the answer": func(_ *http.Request, w io.Writer) {
			respond(w, 200, earlier)
			respond(w, 200, `{"ticket":"`+strings.Repeat("A", 43)+`"}`)
		},
		"relayed": func(r *http.Request, w io.Writer) { // the real one is asked for what we were
			resp, err := http.Get("http://" + real.addr + r.URL.RequestURI())
			if err != nil {
				return
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			respond(w, 200, string(text))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := plant(t, answer)
			st := access.WorkbenchState{URL: "http://" + p.Addr().String() + "/", Token: real.ShellToken(), PID: 1}
			if earlier == "" {
				_, earlier = real.do(real.request("GET", "/proof?nonce="+strings.Repeat("00", access.NonceSize), nil))
			}
			ticket, err := NewClient(st, "en").NewTicket(context.Background())
			e := sockeye.ErrorOf(err)
			if err == nil || e.Kind != sockeye.NotFound || !strings.Contains(e.Message.En, "another program") || e.Message.Zh == "" || ticket.URL != "" {
				t.Errorf("%+v, %v", ticket, err)
			}
			if heard := p.heard(); strings.Contains(heard, st.Token) || strings.Contains(heard, "Bearer") || strings.Contains(heard, "tickets") {
				t.Errorf("it heard %q", heard)
			}
		})
	}
}

// The proof is of the nonce, the token and the place, and its route gives nothing else.
func TestProof(t *testing.T) {
	v := serve(t)
	st := access.WorkbenchState{URL: v.URL(), Token: v.ShellToken()}
	ticket, err := NewClient(st, "en").NewTicket(context.Background())
	if err != nil || ticket.URL != v.URL()+"#t="+ticket.Ticket {
		t.Fatalf("%+v, %v", ticket, err)
	}
	if _, no := v.guard.Redeem(httptest.NewRequest("POST", "/", nil), ticket.Ticket); no != nil {
		t.Errorf("the ticket is none: %v", no)
	}
	for _, nonce := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		if f := v.failing(400, "GET", "/proof?nonce="+nonce, nil); f.Target != "nonce" {
			t.Errorf("%q: %+v", nonce, f)
		}
	}
	of := func(host string) string {
		r := v.request("GET", "/proof?nonce="+strings.Repeat("00", access.NonceSize), nil)
		r.Host = host
		_, text := v.do(r)
		return text
	}
	_, port, _ := net.SplitHostPort(v.addr)
	first, again := of(v.addr), of(v.addr)
	if first == of("localhost:"+port) || first != again {
		t.Error("the proof is not of the place")
	}
}

// Whether the workbench ended, or somebody listens who has closed the connection, is told apart.
// Where nothing but the proof says that it is the workbench, nobody claims so without one.
func TestRefusedOrEnded(t *testing.T) {
	p := plant(t, nil)
	ask := func(st access.WorkbenchState) *sockeye.Error {
		return sockeye.ErrorOf(NewClient(st, "en").Ask(context.Background(), "GET", "/machine", nil, nil))
	}
	shut, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := shut.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	if e := ask(access.WorkbenchState{URL: "http://" + shut.Addr().String() + "/"}); e.Kind != sockeye.LimitReached || !strings.Contains(e.Message.En, "did not prove") {
		t.Errorf("refused: %v", e)
	}
	if e := ask(access.WorkbenchState{URL: "https://" + shut.Addr().String() + "/", Certificate: strings.Repeat("0", 64)}); e.Kind != sockeye.LimitReached || !strings.Contains(e.Message.En, "lives") {
		t.Errorf("refused over TLS: %v", e)
	}
	shut.Close()
	p.Close()
	for _, l := range []net.Listener{shut, p} {
		if e := ask(access.WorkbenchState{URL: "http://" + l.Addr().String() + "/"}); e.Kind != sockeye.NotFound || !strings.Contains(e.Message.En, "no workbench is running") {
			t.Errorf("ended: %v", e)
		}
	}
}

// Issue "Hostile files" (4): 540 connections that say half a request locked the owner
// out. Whoever asks something has its place all the same, with its credential also
// against 2,000 more, and never loses it while it holds it.
func TestHalfOpenRequestsLockNobodyOut(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Minute, Idle: time.Minute, Body: time.Minute, BodyRate: 1, Write: time.Minute, Connections: 256}
	})
	held, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	in := bufio.NewReader(held)
	askHeld := func() {
		t.Helper()
		held.SetDeadline(time.Now().Add(time.Minute))
		fmt.Fprintf(held, "GET /api/v1/machine HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", v.addr, v.token)
		resp, err := http.ReadResponse(in, nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v, %v", resp, err)
		}
		io.Copy(io.Discard, resp.Body)
	}
	askHeld()
	for n := range 540 {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: ")
		if n%10 == 0 {
			v.alive()
			ask[Machine](v, "GET", "/api/v1/machine", nil)
		}
	}
	askHeld()
	if n := v.guard.Rejected()["connections"]; n < 540-192 {
		t.Errorf("%d were closed for others", n)
	}
	if n, unproven := v.guard.Connections(); n > 256 || unproven > 192 {
		t.Errorf("%d connections, %d without a credential", n, unproven)
	}
}
