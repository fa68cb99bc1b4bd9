// Package server is the hub as a program: a NATS server in this process, or one that runs
// already; who is enrolled; and the commands of sockeye-hub. It is the only package that
// links the NATS server.
package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/recording"
)

// NodeOptions are those of a NATS server in this process.
type NodeOptions struct {
	// Dir is the hub's directory: keys, certificates, the stream. One process at a time
	// uses it.
	Dir string
	// Listen is where boards connect, "127.0.0.1:4222".
	Listen string
	// MQTT, WebSocket and Leaf are where the server listens for those, "" for nowhere.
	// MQTT is version 3.1.1.
	MQTT, WebSocket, Leaf string
	// Names are names of this machine that boards reach it by, for its certificate.
	Names []string
	// Cluster is one of several servers that keep the same stream; nil is a server alone.
	Cluster *ClusterOptions
	// Log takes what the server has to say; nil is nowhere.
	Log func(line string)
}

// ClusterOptions are those of one server of a cluster.
type ClusterOptions struct {
	// Name is the same for all, NATSServer is this one's own.
	Name, Node string
	// Listen is where the others connect, and Routes is where they are.
	Listen string
	Routes []string
}

// NATSServer is a NATS server in this process. Close it.
type NATSServer struct {
	server *natsserver.Server
	lock   recording.Lock
	pin    string
}

// StartNode starts a server and returns when it takes connections. Every listener has TLS
// and lets in only whom the authority has signed.
func StartNode(a *Operator, o NodeOptions) (*NATSServer, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	n := &NATSServer{lock: lock}
	options, err := n.options(a, o)
	if err == nil {
		n.server, err = natsserver.NewServer(options)
	}
	if err != nil {
		lock.Release()
		return nil, err
	}
	n.server.SetLoggerV2(serverLog{o.Log}, false, false, false)
	go n.server.Start()
	if !n.server.ReadyForConnections(30 * time.Second) {
		n.Close()
		return nil, &sockeye.Error{Kind: sockeye.TimedOut, Op: "listen", Target: o.Listen,
			Message: sockeye.Text{En: "the NATS server did not get ready: is the address taken?", Zh: "NATS 服务器未能就绪：地址是否已被占用？"},
			Hint:    sockeye.Text{En: "choose another with --listen", Zh: "请用 --listen 换一个地址"}}
	}
	return n, nil
}

// lockDir keeps other processes out of a directory: JetStream has no lock of its own.
func lockDir(dir string) (recording.Lock, error) {
	lock, err := recording.System().Lock(filepath.Join(dir, ".lock"))
	if taken, ok := errors.AsType[recording.LockedError](err); ok {
		return nil, &sockeye.Error{Kind: sockeye.Conflict, Op: "open", Target: dir, Err: err,
			Message: sockeye.Text{En: fmt.Sprintf("another hub uses this directory (process %d)", taken.PID), Zh: fmt.Sprintf("另一个集线服务正在使用此目录（进程 %d）", taken.PID)},
			Hint:    sockeye.Text{En: "end it, or name another with --dir", Zh: "请先结束它，或用 --dir 指定其他目录"}}
	}
	return lock, err
}

// options are those of the NATS server.
func (n *NATSServer) options(a *Operator, o NodeOptions) (*natsserver.Options, error) {
	ca := &localca.Store{Dir: o.Dir}
	authority, err := ca.Load(time.Now())
	if err != nil {
		return nil, err
	}
	n.pin = localca.Pin(authority.Certificate())
	key, err := ca.ServerKey()
	if err != nil {
		return nil, err
	}
	certificates := authority.NewServer(append(o.Names, "localhost", "127.0.0.1", "::1"), key, time.Now)
	secure := func() *tls.Config {
		return &tls.Config{GetCertificate: certificates.Certificate, MinVersion: tls.VersionTLS12}
	}
	store := filepath.Join(o.Dir, "jetstream")
	if err := os.MkdirAll(store, 0o700); err != nil {
		return nil, err
	}
	s := &natsserver.Options{
		ServerName: "sockeye-hub", JetStream: true, SyncAlways: true, StoreDir: store, JetStreamMaxStore: storeLimit(store),
		TLSConfig: secure(), TLSTimeout: 10, NoSigs: true,
		MaxPayload: 8 << 20, MaxPending: 64 << 20, PingInterval: 10 * time.Second, MaxPingsOut: 2,
		DisableShortFirstPing: true, MaxClosedClients: closedClients,
	}
	if s.Host, s.Port, err = hostPort("--listen", o.Listen); err != nil {
		return nil, err
	}
	if err := listeners(s, o, secure); err != nil {
		return nil, err
	}
	if o.Cluster != nil {
		if err := joinCluster(s, o.Cluster, authority, secure()); err != nil {
			return nil, err
		}
	}
	return s, trust(s, a, o.Dir)
}

// closedClients is how many connections that have ended the server remembers, each with its JWT:
// nobody asks for them, and every board that was enrolled has had one with its code.
const closedClients = 100

// joinCluster makes the server one of several. They let each other in by certificates of
// the one authority that all of them have.
func joinCluster(s *natsserver.Options, c *ClusterOptions, authority *localca.Authority, secure *tls.Config) (err error) {
	own, err := authority.Issue([]string{c.Node}, localca.ClientAuth, time.Now())
	if err != nil {
		return err
	}
	known := x509.NewCertPool()
	known.AddCert(authority.Certificate())
	secure.RootCAs, secure.ClientCAs, secure.ClientAuth = known, known, tls.RequireAndVerifyClientCert
	secure.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &own, nil }
	s.ServerName, s.Cluster.Name = c.Node, c.Name
	s.Cluster.TLSConfig, s.Cluster.TLSTimeout = secure, 10
	if s.Cluster.Host, s.Cluster.Port, err = hostPort("--cluster-listen", c.Listen); err != nil {
		return err
	}
	for _, r := range c.Routes {
		s.Routes = append(s.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	return nil
}

// listeners opens what was asked for besides.
func listeners(s *natsserver.Options, o NodeOptions, secure func() *tls.Config) (err error) {
	if o.MQTT != "" {
		s.MQTT.TLSConfig = secure()
		if s.MQTT.Host, s.MQTT.Port, err = hostPort("--mqtt", o.MQTT); err != nil {
			return err
		}
	}
	if o.WebSocket != "" {
		s.Websocket.TLSConfig = secure()
		if s.Websocket.Host, s.Websocket.Port, err = hostPort("--websocket", o.WebSocket); err != nil {
			return err
		}
	}
	if o.Leaf != "" {
		s.LeafNode.TLSConfig, s.LeafNode.TLSTimeout = secure(), 10
		if s.LeafNode.Host, s.LeafNode.Port, err = hostPort("--leaf", o.Leaf); err != nil {
			return err
		}
	}
	return nil
}

// trust makes the server let in whom the authority signed, and keeps its accounts.
func trust(s *natsserver.Options, a *Operator, dir string) error {
	operator, err := a.OperatorJWT()
	if err != nil {
		return err
	}
	system, err := a.SystemJWT()
	if err != nil {
		return err
	}
	claims, err := natsserver.ReadOperatorJWT(operator)
	if err != nil {
		return err
	}
	resolver, err := natsserver.NewDirAccResolver(filepath.Join(dir, "accounts"), 1000, 2*time.Minute, natsserver.NoDelete)
	if err != nil {
		return err
	}
	if err := resolver.Store(public(a.system), system); err != nil {
		return err
	}
	registry, err := a.RegistryJWT()
	if err != nil {
		return err
	}
	if err := resolver.Store(public(a.registry), registry); err != nil {
		return err
	}
	if _, err := resolver.Fetch(public(a.account)); err != nil { // else it has who is revoked
		account, err := a.AccountJWT(nil)
		if err != nil {
			return err
		}
		if err := resolver.Store(public(a.account), account); err != nil {
			return err
		}
	}
	s.TrustedOperators = append(s.TrustedOperators, claims)
	s.SystemAccount, s.AccountResolver = public(a.system), resolver
	return nil
}

// Addr is where the server listens.
func (n *NATSServer) Addr() netip.AddrPort {
	addr, _ := n.server.Addr().(*net.TCPAddr)
	return addr.AddrPort()
}

// Pin is the public key of the authority of the server's certificate.
func (n *NATSServer) Pin() string { return n.pin }

// Close ends the server, and returns when its stream is on the disk.
func (n *NATSServer) Close() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
	n.lock.Release()
}

// hostPort reads the value of a flag that is an address to listen on. The port 0 is one
// that is free.
func hostPort(flag, text string) (string, int, error) {
	host, port, err := net.SplitHostPort(text)
	n, badPort := strconv.Atoi(port)
	if err != nil || badPort != nil || n < 0 || n > 65535 {
		return "", 0, &sockeye.Error{Kind: sockeye.Invalid, Target: flag,
			Message: sockeye.Text{En: fmt.Sprintf("%.60q is not HOST:PORT", text), Zh: fmt.Sprintf("%.60q 不是 主机:端口", text)},
			Hint:    sockeye.Text{En: "127.0.0.1:4222 is this machine only, :4222 is the network, too", Zh: "127.0.0.1:4222 只限本机，:4222 对网络开放"}}
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if n == 0 {
		n = natsserver.RANDOM_PORT
	}
	return host, n, nil
}

// serverLog hands on what the server warns of.
type serverLog struct{ warn func(string) }

func (l serverLog) say(format string, v ...any) {
	line := fmt.Sprintf(format, v...)
	if l.warn != nil && !strings.Contains(line, "authentication error") { // the service says that, with more
		l.warn(line)
	}
}

func (l serverLog) Noticef(string, ...any)         {}
func (l serverLog) Debugf(string, ...any)          {}
func (l serverLog) Tracef(string, ...any)          {}
func (l serverLog) Warnf(format string, v ...any)  { l.say(format, v...) }
func (l serverLog) Errorf(format string, v ...any) { l.say(format, v...) }
func (l serverLog) Fatalf(format string, v ...any) { l.say(format, v...) }
