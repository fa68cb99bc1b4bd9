// Package api is the HTTP API of a running workbench: its routes, the live feed, and
// the client that a shell uses. What requests and answers look like is in types*.go and
// openapi.json. Sockets and records are package core's.
package api

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/api/access"
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
	// Hub is the hub whose boards the page shows; nil: this is none.
	Hub Hub

	limits access.Limits // tests make them smaller
}

// Server serves the API and the page. All methods may be called from any goroutine.
type Server struct {
	o      Config
	bench  *core.Core
	http   *http.Server
	mux    *http.ServeMux
	routes []*httpRoute
	paths  map[string]pathRoutes
	page   map[string]*webui.Asset

	guard     *access.Guard
	panics    panicLog
	doctors   chan struct{} // a place for each diagnosis under way
	workspace workspaceStore
	// servedBeyond is the first address that other machines reach, a netip.AddrPort.
	servedBeyond atomic.Value
	busy         atomic.Int64    // requests being answered
	ctx          context.Context // ends with Close
	cancel       context.CancelFunc
}

// New makes a server that listens nowhere yet. The error is an *sockeye.Error of a
// workspace that cannot be read.
func New(o Config) (*Server, error) {
	o.limits = o.limits.Filled()
	s := &Server{o: o, bench: o.Bench, mux: http.NewServeMux(), paths: map[string]pathRoutes{}, page: webui.Files()}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.doctors = make(chan struct{}, doctorsAtOnce)
	s.guard = access.New(access.Config{Hosts: o.Hosts, Password: o.Password, TLS: o.TLS, Limits: o.limits})
	if err := s.openStore(); err != nil {
		return nil, err
	}
	s.register()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.http = &http.Server{
		Handler: s, Protocols: protocols,
		ReadHeaderTimeout: o.limits.Header, IdleTimeout: o.limits.Idle, MaxHeaderBytes: access.MaxHead + 4096,
		ErrorLog:    log.New(nothing{}, "", 0),
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ConnContext: s.guard.ConnContext,
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
	if at.IsValid() && !at.Addr().IsLoopback() {
		s.servedBeyond.CompareAndSwap(nil, at)
	}
	s.guard.Allow(at)
}

// Serve answers on a listener, which Allow was told of, until Close.
func (s *Server) Serve(l net.Listener) error { return s.serve(s.guard.Listener(l)) }

// ServeOwner answers the owner's shells until Close.
func (s *Server) ServeOwner(l net.Listener) error { return s.serve(s.guard.OwnerListener(l)) }

func (s *Server) serve(l net.Listener) error {
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "listen", Target: l.Addr().String(), Err: err}
}

// Publish lets this user's shells find the workbench by a state directory, until the
// function that it returns is called, and serves them there over a Unix socket, where the
// system can tell who connects.
func (s *Server) Publish(dir string) (unpublish func(), err error) {
	owner, unpublish, err := s.guard.Publish(dir)
	if owner != nil {
		go s.ServeOwner(owner) // until it closes
	}
	return unpublish, err
}

// URL is where the page is, without a ticket.
func (s *Server) URL() string { return s.guard.URL() }

// NewTicket is one more way in for a page: good once, for a minute.
func (s *Server) NewTicket() Ticket {
	t := s.guard.NewTicket()
	return Ticket{Ticket: t, URL: s.URL() + "#t=" + t}
}

// ShellToken is the credential of this machine's shells. No browser may use it.
func (s *Server) ShellToken() string { return s.guard.ShellToken() }

// Close ends every feed and request, in good order until ctx ends.
func (s *Server) Close(ctx context.Context) {
	s.cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}
