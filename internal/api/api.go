// Package api is the HTTP API of a running workbench: its routes, who may use
// them, the live feed, and the client that a shell uses. What it serves is in
// types*.go and openapi.json. It has no logic of sockets or records: that is the
// workbench's.
package api

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/webui"
)

// Config says what to serve and to whom.
type Config struct {
	Bench    *core.Core
	Version  string
	Language sockeye.Lang
	// Hosts are names, besides the loopback's, by which pages may call this machine:
	// "lab.example", without a port.
	Hosts []string
	// Password lets in whoever has it; "" lets in nobody. TLS is nil for plain HTTP.
	Password string
	TLS      *tls.Config
	// Lookup finds what payloads name and the workspace does not have; may be nil.
	Lookup func(name string) (string, bool)
	// Recordings is the directory in which recordings begun by a page are made, and
	// Workspace the file that keeps the workspace; "" is for none.
	Recordings, Workspace string
	// RecordShared allows Recordings to be a directory that others may write into.
	RecordShared bool

	limits limits
}

// limits bound what a client may take. Tests make them smaller.
type limits struct {
	header      time.Duration // to send a request's head
	idle        time.Duration // between requests
	body        time.Duration // to send a body, and
	bodyRate    int           // more for each so many bytes a second
	write       time.Duration // to take one piece of an answer
	connections int           // over TCP, and
	unproven    int           // of them those that have shown no credential yet,
	perAddress  int           // and of these those of one address
	owner       int           // places for the owner's shells, besides
}

func (l limits) filled() limits {
	if l == (limits{}) {
		l = limits{header: 5 * time.Second, idle: time.Minute, body: 10 * time.Second, bodyRate: 16 << 10, write: 10 * time.Second, connections: 512}
	}
	if l.unproven == 0 {
		l.unproven, l.owner = l.connections-l.connections/4, 64
		l.perAddress = max(1, l.unproven*3/4)
	}
	return l
}

// Server serves the API and the page. All methods may be called from any goroutine.
type Server struct {
	o      Config
	bench  *core.Core
	http   *http.Server
	mux    *http.ServeMux
	routes []*route
	paths  map[string]pathRoutes
	page   map[string]*webui.Asset

	secrets   credentials
	guesses   guesses
	refused   rejectCounters
	panics    panicLog
	workspace store
	busy      atomic.Int64 // requests being answered
	// connections are those over TCP, ownerConnections those of the owner's shells.
	connections, ownerConnections *connectionTable
	ctx                           context.Context // ends with Close
	cancel                        context.CancelFunc

	mu     sync.Mutex
	hosts  map[string]bool // as in the Host header
	origin string          // of the first listener, for tickets
}

// New makes a server that listens nowhere yet. The error is an *sockeye.Error of a
// workspace that cannot be read.
func New(o Config) (*Server, error) {
	o.limits = o.limits.filled()
	s := &Server{o: o, bench: o.Bench, mux: http.NewServeMux(), paths: map[string]pathRoutes{}, page: webui.Files(), hosts: map[string]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.secrets.init(o.Password)
	evicted := func() { s.refused.count(checkPlaces) }
	s.connections = newConnectionTable(o.limits.connections, o.limits.unproven, o.limits.perAddress, evicted)
	s.ownerConnections = newConnectionTable(o.limits.owner, o.limits.owner, o.limits.owner, evicted)
	if err := s.openStore(); err != nil {
		return nil, err
	}
	s.register()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = &http.Server{
		Handler: s, Protocols: protocols,
		ReadHeaderTimeout: o.limits.header, IdleTimeout: o.limits.idle, MaxHeaderBytes: maxHead + 4096,
		ErrorLog:    log.New(nothing{}, "", 0),
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ConnContext: withConnection,
	}
	return s, nil
}

// nothing takes what net/http would print: that somebody's connection broke is no
// news for the terminal.
type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

// Allow makes ready for Serve with a listener: requests on it may name it, and the
// workbench connects no session to it. From then on URL and NewTicket say where the
// page is.
func (s *Server) Allow(l net.Listener) {
	at, _ := netip.ParseAddrPort(l.Addr().String())
	s.bench.GuardListener(at)
	s.allow(at)
}

// Serve answers on a listener, which Allow was told of, until Close.
func (s *Server) Serve(l net.Listener) error {
	at := l.Addr().String()
	l = &limitedListener{l, s.connections}
	if s.o.TLS != nil {
		l = tls.NewListener(l, s.o.TLS)
	}
	return s.serve(l, at)
}

func (s *Server) serve(l net.Listener, at string) error {
	err := s.http.Serve(&checkedListener{l, s.o.limits.header})
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "listen", Target: at, Err: err}
}

// allow names the hosts that requests on a listener may name.
func (s *Server) allow(at netip.AddrPort) {
	port := netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()).String()[len("0.0.0.0"):]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range append([]string{"127.0.0.1", "[::1]", "localhost", "sockeye.localhost"}, s.o.Hosts...) {
		s.hosts[name+port] = true
	}
	if a := at.Addr(); !a.IsUnspecified() {
		s.hosts[at.String()] = true
	}
	if s.origin != "" {
		return
	}
	host := at.String()
	if at.Addr().IsUnspecified() {
		host = "localhost" + port
	}
	s.origin = s.scheme() + "://" + host
}

func (s *Server) scheme() string {
	if s.o.TLS != nil {
		return "https"
	}
	return "http"
}

func (s *Server) allowsHost(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hosts[host]
}

// URL is where the page is, without a ticket.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.origin + "/"
}

// NewTicket is one more way in for a page: good once, for a minute.
func (s *Server) NewTicket() Ticket {
	t := s.secrets.ticket()
	return Ticket{Ticket: t, URL: s.URL() + "#t=" + t}
}

// ShellToken is the credential of this machine's shells. No browser may use it.
func (s *Server) ShellToken() string { return s.secrets.shell }

// Close ends every feed and request, in good order until ctx ends.
func (s *Server) Close(ctx context.Context) {
	s.cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}
