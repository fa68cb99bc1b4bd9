package netinfo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/mdns"
)

// Resolve turns a host into the addresses to try, in order and each once; IPv4
// is never shown as mapped into IPv6. A literal address is itself and no name
// server is asked. "localhost" is the loopback address of each family that this
// machine has (RFC 6761 section 6.3). A name that ends with ".local" is asked of the
// machines on the links, too (RFC 6762). Anything else is asked of the system's resolver,
// for at most 5 s. Only addresses of the network's family are given.
//
// The error is an *sockeye.Error: NoSuchHost if the name does not exist,
// NameServer if nobody could be asked, which names the server, WrongFamily if
// the name has addresses of the other family only, Canceled or LimitReached.
func Resolve(ctx context.Context, host string, n sockeye.Network) ([]netip.Addr, error) {
	return systemResolver.resolve(ctx, host, n.Family())
}

// resolver asks for names.
type resolver struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	// budget bounds a whole lookup, try one question to one server, so that a
	// second server has its turn.
	budget, lookupOne time.Duration
	// onLink asks the machines of the links for the addresses of a name.
	onLink func(ctx context.Context, host string) ([]netip.Addr, error)
}

var systemResolver = resolver{dial: (&net.Dialer{}).DialContext, budget: 5 * time.Second, lookupOne: 2 * time.Second, onLink: mdns.Lookup}

// resolve gives addresses of a family, 4, 6 or 0 for both.
func (r resolver) resolve(ctx context.Context, host string, family int) ([]netip.Addr, error) {
	var found []netip.Addr
	if ip, err := netip.ParseAddr(host); err == nil {
		found = []netip.Addr{ip}
	} else if isLocalhost(host) {
		found = loopbacks()
	} else if found, err = r.ask(ctx, host, family); err != nil {
		return nil, err
	}
	fitting, others := split(found, family)
	if len(fitting) == 0 {
		return nil, wrongFamilyError(host, family, others)
	}
	return fitting, nil
}

// ask asks those who may know a name.
func (r resolver) ask(ctx context.Context, host string, family int) ([]netip.Addr, error) {
	if mdns.IsLocal(host) {
		return r.lookupLocal(ctx, host, family)
	}
	return r.lookup(ctx, host, family)
}

// split unmaps addresses, drops doubles and parts those of a family from the others.
func split(addrs []netip.Addr, family int) (fitting, others []netip.Addr) {
	for _, ip := range addrs {
		ip = ip.Unmap()
		switch {
		case family != 0 && ip.Is4() != (family == 4):
			others = append(others, ip)
		case !slices.Contains(fitting, ip):
			fitting = append(fitting, ip)
		}
	}
	return fitting, others
}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// loopbacks are the loopback addresses that this machine has, or both if it does
// not say.
func loopbacks() []netip.Addr {
	both := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	have := slices.DeleteFunc(slices.Clone(both), func(ip netip.Addr) bool {
		here, err := HasAddress(ip)
		return err == nil && !here
	})
	if len(have) == 0 {
		return both
	}
	return have
}

// lookup asks for the addresses of a family. If there are none it asks for the
// other family, so that the error can tell.
func (r resolver) lookup(ctx context.Context, host string, family int) ([]netip.Addr, error) {
	limited, cancel := context.WithTimeout(ctx, r.budget)
	defer cancel()
	asked := &resolverTrace{resolver: r}
	ask := func(family int) ([]netip.Addr, error) {
		network := map[int]string{0: "ip", 4: "ip4", 6: "ip6"}[family]
		return asked.net().LookupNetIP(limited, network, host)
	}
	found, err := ask(family)
	if family != 0 && isNotFound(err) {
		if others, otherErr := ask(10 - family); otherErr == nil {
			return others, nil
		}
	}
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) { // who only set a time is told who did not answer
			return nil, Explain("resolve", host, context.Cause(ctx))
		}
		return nil, asked.explain(host, err)
	}
	return found, nil
}

func isNotFound(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// resolverTrace is one lookup's dealings with name servers. Package net says of their
// failures only a text; inquiry keeps the cause.
type resolverTrace struct {
	resolver
	mu     sync.Mutex
	server string // the last one asked
	err    error  // what the system said of it, or nil
}

// net is package net's resolver on this inquiry. Go's own is used where the
// system's needs cgo.
func (q *resolverTrace) net() *net.Resolver {
	return &net.Resolver{PreferGo: runtime.GOOS == "linux", Dial: q.exchange}
}

// exchange connects to a name server.
func (q *resolverTrace) exchange(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := q.dial(ctx, network, address)
	q.noteServer(address, err)
	if udp, ok := c.(*net.UDPConn); ok {
		context.AfterFunc(ctx, func() { udp.SetDeadline(time.Unix(1, 0)) }) // package net would wait on
		return &tracedConn{udp, q, address}, nil
	}
	return c, err
}

func (q *resolverTrace) noteServer(server string, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.server, q.err = server, err
}

// tracedConn is the socket of one question; it is a net.PacketConn, by which
// package net knows UDP.
type tracedConn struct {
	*net.UDPConn
	inquiry *resolverTrace
	server  string
}

// SetDeadline leaves time for the other servers.
func (c *tracedConn) SetDeadline(t time.Time) error {
	if soon := time.Now().Add(c.inquiry.lookupOne); soon.Before(t) {
		t = soon
	}
	return c.UDPConn.SetDeadline(t)
}

func (c *tracedConn) Read(b []byte) (int, error) {
	n, err := c.UDPConn.Read(b)
	c.inquiry.noteServer(c.server, err)
	return n, err
}

// explain says why a name has no address.
func (q *resolverTrace) explain(host string, err error) *sockeye.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := &sockeye.Error{Kind: sockeye.NameServer, Op: "resolve", Target: host, Err: err}
	dns, _ := errors.AsType[*net.DNSError](err)
	if dns == nil {
		dns = &net.DNSError{Err: err.Error()}
	}
	server := q.server
	if dns.Server != "" {
		server = dns.Server
	}
	server = strings.TrimSuffix(server, ":53")
	if dns.IsNotFound {
		noSuchHostError(e, server)
		return e
	}
	if q.err != nil && errnoOf(q.err) != 0 {
		return q.noServerAsked(e, server)
	}
	e.Message, e.Hint = noAnswerError(dns, server)
	return e
}

// noServerAsked explains a name server that could not be reached.
func (q *resolverTrace) noServerAsked(e *sockeye.Error, server string) *sockeye.Error {
	cause := Explain("resolve", server, q.err)
	if cause.Kind == sockeye.LimitReached {
		cause.Target = e.Target
		return cause
	}
	e.Err, e.Errno = errors.Join(e.Err, q.err), cause.Errno
	e.Message, e.Hint = noServerError(server), cause.Hint
	if cause.Kind == sockeye.NetworkUnreachable {
		e.Message = noNetworkError(server)
		return e
	}
	e.Hint = serverHint
	return e
}
