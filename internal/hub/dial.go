package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"sockeye"
	"sockeye/internal/localca"
)

// Credentials are how one party reaches a hub and proves who it is.
type Credentials struct {
	URLs string // with commas between them
	Pin  string // see Code
	Seed string
	JWT  string
	// Inbox is the prefix of the subjects of answers.
	Inbox string
	// Name is shown in the server's list of connections.
	Name string
}

// dialTimeout bounds a try to connect.
const dialTimeout = 10 * time.Second

// untilEnd dials until a context ends: the interface of NATS passes none.
type untilEnd struct{ ctx context.Context }

func (u untilEnd) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: dialTimeout}).DialContext(u.ctx, network, address)
}

// Retrying makes Dial return a connection that is tried for ever, and comes back
// whenever it is lost.
type Retrying struct {
	// Changed, if it is not nil, is told why the connection is down, and with nil that it is
	// up; calls come one after another.
	Changed func(err error)
	// Boards, if it is not nil, says how many boards the hub has, as far as is known: so many
	// come back together. It may be called at any time.
	Boards func() int
}

// Dial connects to a hub; with retry, it returns at once. Close the connection when done.
func Dial(ctx context.Context, c Credentials, retry *Retrying) (*nats.Conn, error) {
	if err := c.checkPlain(); err != nil {
		return nil, err
	}
	pair, err := nkeys.FromSeed([]byte(c.Seed))
	if err != nil {
		return nil, brokenCode()
	}
	options := []nats.Option{
		nats.Name(c.Name), nats.CustomInboxPrefix(c.Inbox), nats.Timeout(dialTimeout), nats.SetCustomDialer(untilEnd{ctx}),
		nats.UserJWT(func() (string, error) { return c.JWT, nil }, pair.Sign),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2), // gone after 15 s
		nats.MaxReconnects(-1), nats.ReconnectBufSize(-1), // the recording is the buffer, never memory
		nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // without one it prints
	}
	if c.Pin != "" || !strings.HasPrefix(c.URLs, "nats://") {
		options = append(options, nats.Secure(tlsConfig(c.Pin)))
	}
	if retry == nil {
		options = append(options, nats.NoReconnect())
	} else {
		options = append(options, nats.RetryOnFailedConnect(true), nats.CustomReconnectDelay(retry.delay), retry.handler())
	}
	conn, err := nats.Connect(c.URLs, options...)
	if err != nil {
		return nil, Explain(c.URLs, err)
	}
	context.AfterFunc(ctx, conn.Close)
	return conn, nil
}

// checkPlain refuses to speak in plain text beyond this machine: whoever is on the way
// would read every event.
func (c *Credentials) checkPlain() error {
	if c.Pin != "" {
		return nil // always TLS
	}
	for text := range strings.SplitSeq(c.URLs, ",") {
		u, err := url.Parse(strings.TrimSpace(text))
		if err != nil || u.Scheme != "nats" {
			continue
		}
		if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
			continue
		}
		return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "connect", Target: u.Redacted(),
			Message: sockeye.Text{En: "the way there is in plain text, and everybody on it could read and write as you", Zh: "到该地址的通信是明文，途经的任何人都能读取并冒充你写入"},
			Hint:    sockeye.Text{En: "write tls:// and give the server a certificate", Zh: "请写 tls://，并为服务器配置证书"}}
	}
	return nil
}

// handler tells of changes of the connection. What the server says about who we are comes
// before it hangs up, and is worth more than that it did.
func (r *Retrying) handler() nats.Option {
	var down atomic.Bool
	tell := func(err error) {
		if down.Store(err != nil); r.Changed != nil {
			r.Changed(err)
		}
	}
	return func(o *nats.Options) error {
		o.ConnectedCB = func(*nats.Conn) { tell(nil) }
		o.ReconnectedCB = func(*nats.Conn) { tell(nil) }
		o.ReconnectErrCB = func(_ *nats.Conn, err error) { tell(err) }
		o.DisconnectedErrCB = func(_ *nats.Conn, err error) {
			if err != nil && !down.Load() {
				tell(errLost)
			}
		}
		o.AsyncErrorCB = func(_ *nats.Conn, s *nats.Subscription, err error) {
			if s == nil && sockeye.ErrorOf(Explain("", err)).Kind == sockeye.AccessDenied {
				tell(err)
			}
		}
		return nil
	}
}

// The waits between two tries to connect (full jitter: many boards must not come back
// at the same moment). A hub that is away for seconds, because it starts again, has a few
// boards within seconds, and many at backRate. After a longer time 500 boards come back
// spread over mostDelay, which is less than 50 in every second.
const (
	firstDelay = 500 * time.Millisecond
	soonDelay  = 3 * time.Second // at most, for the first soonTries, of a few boards
	soonTries  = 8
	mostDelay  = 40 * time.Second
	backRate   = 16 // boards in a second, on average
)

// delay is how long to wait before the next try.
func (r *Retrying) delay(tries int) time.Duration {
	boards := 0
	if r.Boards != nil {
		boards = r.Boards()
	}
	return backoff(tries, boards)
}

// backoff is a random wait after so many tries of each of so many boards.
func backoff(tries, boards int) time.Duration {
	most := mostDelay
	if tries < soonTries {
		most = max(min(soonDelay, firstDelay<<tries), min(time.Duration(boards)*time.Second/backRate, mostDelay))
	}
	return 50*time.Millisecond + rand.N(most)
}

// tlsConfig trusts an authority by the pin of its public key, whatever the name by which
// the server is reached; without a pin, whom the system trusts.
func tlsConfig(pin string) *tls.Config {
	if pin == "" {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // the next function verifies
		VerifyConnection: func(s tls.ConnectionState) error {
			roots, between := x509.NewCertPool(), x509.NewCertPool()
			for _, c := range s.PeerCertificates {
				if localca.Pin(c) == pin {
					roots.AddCert(c)
				} else {
					between.AddCert(c)
				}
			}
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
			if err != nil {
				return errWrongPin
			}
			return nil
		},
	}
}

// errLost is the error of a connection that ended, for whatever reason.
var errLost = errors.New("the connection ended")

var errWrongPin = errors.New("the certificate is not that of the hub which gave the code")

// Explain says in words what NATS has against us.
func Explain(target string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "connect", Target: target, Err: err}
	text := err.Error()
	switch {
	case errors.Is(err, errWrongPin) || strings.Contains(text, errWrongPin.Error()):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: errWrongPin.Error(), Zh: "服务器证书不属于签发注册码的集线服务"}
		e.Hint = sockeye.Text{En: "another server answers at this address; ask for a new code if the hub was made anew", Zh: "该地址上是另一台服务器；若集线服务已重建，请重新索取注册码"}
	case errors.Is(err, nats.ErrAuthRevoked), strings.Contains(strings.ToLower(text), "revoked"):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: "the hub has revoked this board, for good or for a while because it sent too much", Zh: "集线服务已吊销此开发板，或因发送过多暂停其连接"}
		e.Hint = sockeye.Text{En: "ask for a new code: sockeye hub enrol NAME", Zh: "请重新索取注册码：sockeye hub enrol NAME"}
	case errors.Is(err, nats.ErrAuthExpired), strings.Contains(strings.ToLower(text), "expired"):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: "what the hub gave this board has expired", Zh: "集线服务签发的凭据已过期"}
		e.Hint = sockeye.Text{En: "ask for a new code: sockeye hub enrol NAME", Zh: "请重新索取注册码：sockeye hub enrol NAME"}
	case errors.Is(err, nats.ErrAuthorization), strings.Contains(strings.ToLower(text), "authorization violation"):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: "the hub does not know this board: it was revoked, or this is another hub", Zh: "集线服务不认识此开发板：已被吊销，或这是另一个集线服务"}
		e.Hint = sockeye.Text{En: "sockeye hub ls shows who is enrolled; sockeye hub enrol NAME gives a new code", Zh: "sockeye hub ls 查看已注册的开发板；sockeye hub enrol NAME 生成新注册码"}
	case errors.Is(err, errLost):
		e.Kind = sockeye.Closed
		e.Message = sockeye.Text{En: "the connection to the hub is lost", Zh: "与集线服务的连接已断开"}
		e.Hint = sockeye.Text{En: "it is tried again until it is back; nothing is lost meanwhile", Zh: "将不断重试直到恢复，期间不会丢失任何内容"}
	case errors.Is(err, nats.ErrNoServers), strings.Contains(text, "refused"):
		e.Kind = sockeye.Refused
		e.Message = sockeye.Text{En: "no hub answers there", Zh: "该地址没有集线服务应答"}
		e.Hint = sockeye.Text{En: "is sockeye hub running, and is this its address?", Zh: "sockeye hub 是否在运行，地址是否正确？"}
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "i/o timeout"):
		e.Kind = sockeye.TimedOut
		e.Message = sockeye.Text{En: "the hub does not answer", Zh: "集线服务没有应答"}
	}
	return e
}
