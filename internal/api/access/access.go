// Package access says who may call the API: credentials, the checks of every request,
// the bounds of connections, and how a shell and its workbench know each other. It
// answers no request.
package access

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"sockeye"
)

// Config says who may call.
type Config struct {
	// Hosts are names, besides the loopback's, by which pages may call this machine:
	// "lab.example", without a port.
	Hosts []string
	// Password lets in whoever has it; "" lets in nobody. TLS is nil for plain HTTP.
	Password string
	TLS      *tls.Config
	Limits   Limits
}

// Limits bound what a client may take. The zero value is for Filled to replace.
type Limits struct {
	Header      time.Duration // to send a request's head
	Idle        time.Duration // between requests
	Body        time.Duration // to send a body, and
	BodyRate    int           // more for each so many bytes a second
	Write       time.Duration // to take one piece of an answer
	Connections int           // over TCP, and
	Unproven    int           // of them those that have shown no credential yet,
	PerAddress  int           // and of these those of one address
	Owner       int           // places for the owner's shells, besides
}

// Filled is with defaults for what is 0.
func (l Limits) Filled() Limits {
	if l == (Limits{}) {
		l = Limits{Header: 5 * time.Second, Idle: time.Minute, Body: 10 * time.Second, BodyRate: 16 << 10, Write: 10 * time.Second, Connections: 512}
	}
	if l.Unproven == 0 {
		l.Unproven, l.Owner = l.Connections-l.Connections/4, 64
		l.PerAddress = max(1, l.Unproven*3/4)
	}
	return l
}

// Guard lets calls in, or turns them away. All methods may be called from any goroutine.
type Guard struct {
	config      Config
	credentials issuedCredentials
	shared      sharedLook
	guesses     guesses
	rejected    rejectCounters
	// connections are those over TCP, owners those of the owner's shells.
	connections, owners *connectionTable

	mu     sync.Mutex
	hosts  map[string]bool // as in the Host header
	whole  map[uint16]bool // ports that are served on every address of this machine
	origin string          // of the first listener, for tickets
}

// New makes a guard that knows no listener yet.
func New(c Config) *Guard {
	c.Limits = c.Limits.Filled()
	l := c.Limits
	g := &Guard{config: c, hosts: map[string]bool{}, whole: map[uint16]bool{}}
	g.credentials.init(c.Password)
	evicted := func() { g.rejected.count(checkPlaces) }
	g.connections = newConnectionTable(l.Connections, l.Unproven, l.PerAddress, evicted)
	g.owners = newConnectionTable(l.Owner, l.Owner, l.Owner, evicted)
	return g
}

// Listener is l with its bounds and the filter of requests.
func (g *Guard) Listener(l net.Listener) net.Listener {
	l = &limitedListener{l, g.connections}
	if g.config.TLS != nil {
		l = tls.NewListener(l, g.config.TLS)
	}
	return &checkedListener{l, g.config.Limits.Header}
}

// OwnerListener is Listener for the socket of the owner's shells.
func (g *Guard) OwnerListener(l net.Listener) net.Listener {
	return &checkedListener{&limitedListener{&ownerListener{l, g}, g.owners}, g.config.Limits.Header}
}

// ConnContext is for http.Server: it lets Check find a request's connection.
func (g *Guard) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return withConnection(ctx, c)
}

// Allow lets requests name the address of a listener. From then on URL and NewTicket say
// where the page is.
func (g *Guard) Allow(at netip.AddrPort) {
	port := netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()).String()[len("0.0.0.0"):]
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range append([]string{"127.0.0.1", "[::1]", "localhost", "sockeye.localhost"}, g.config.Hosts...) {
		g.hosts[name+port] = true
	}
	if a := at.Addr(); a.IsUnspecified() {
		g.whole[at.Port()] = true
	} else {
		g.hosts[at.String()] = true
	}
	if g.origin != "" {
		return
	}
	host := at.String()
	if at.Addr().IsUnspecified() {
		host = "localhost" + port
	}
	g.origin = g.scheme() + "://" + host
}

func (g *Guard) scheme() string {
	if g.config.TLS != nil {
		return "https"
	}
	return "http"
}

// allowsHost says whether a request may name a host: a known one, or, where every address of
// this machine is served, the one that it came to. No name of somebody else's is an address.
func (g *Guard) allowsHost(r *http.Request, host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hosts[host] {
		return true
	}
	came, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !g.whole[uint16(came.Port)] {
		return false
	}
	at := came.AddrPort()
	return host == netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).String()
}

// URL is where the page is, without a ticket.
func (g *Guard) URL() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.origin + "/"
}

// NewTicket is one more way in for a page: good once, for a minute.
func (g *Guard) NewTicket() string { return g.credentials.ticket() }

// ShellToken is the credential of this machine's shells. No browser may use it.
func (g *Guard) ShellToken() string { return g.credentials.shell }

// Proof is what a nonce becomes for one who has the shells' token; host is where the
// shell connected.
func (g *Guard) Proof(host string, nonce []byte) []byte {
	return proofOf(g.credentials.shell, host, nonce)
}

// Redeem trades a ticket for a token. A wrong one waits as long as a guess must.
func (g *Guard) Redeem(r *http.Request, ticket string) (token string, no *Rejection) {
	if token, ok := g.credentials.redeem(ticket); ok {
		return token, nil
	}
	return "", g.wrongGuess(r, badCredential(
		sockeye.Text{En: "this address was used already, or is older than a minute", Zh: "该地址已被使用，或已超过一分钟"},
		sockeye.Text{En: "run sockeye ui again: it opens a fresh one", Zh: "请再次运行 sockeye ui，它会打开新的地址"}))
}

// Enter trades the password for a token. A wrong one waits as long as a guess must.
func (g *Guard) Enter(r *http.Request, password string) (token string, no *Rejection) {
	wrong := badCredential(sockeye.Text{En: "wrong password", Zh: "密码错误"}, sockeye.Text{})
	waited := g.guesses.mustWait(guesserOf(r), time.Now())
	if waited { // a password can be guessed, so it is looked at only when it is its turn
		if no := g.wrongGuess(r, wrong); no.Status == http.StatusTooManyRequests {
			return "", no
		}
	}
	if token, ok := g.credentials.enter(password); ok {
		return token, nil
	}
	if waited {
		return "", &Rejection{checkCredential, http.StatusUnauthorized, wrong}
	}
	return "", g.wrongGuess(r, wrong)
}

// Connections is how many are open over TCP, and how many of them have shown no
// credential yet.
func (g *Guard) Connections() (open, unproven int) {
	t := g.connections
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n, t.unproven.Len() + t.own.Len()
}
