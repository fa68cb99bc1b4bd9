package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"sockeye"
)

// WorkbenchDialer connects a shell to the workbench that a state names, and makes sure that it
// is.
type WorkbenchDialer struct {
	state WorkbenchState
	host  string // of the state's URL
}

var errOtherCertificate = errors.New("not the workbench's certificate")

// NewDialer makes one for a state.
func NewDialer(st WorkbenchState) *WorkbenchDialer {
	d := &WorkbenchDialer{state: st}
	if u, err := url.Parse(st.URL); err == nil {
		d.host = u.Host
	}
	return d
}

// Base is what the URLs of requests begin with.
func (d *WorkbenchDialer) Base() string {
	if d.state.Socket != "" {
		return "http://" + d.host + "/"
	}
	return d.state.URL
}

// Address is where it connects, for people.
func (d *WorkbenchDialer) Address() string {
	if d.state.Socket != "" {
		return d.state.Socket
	}
	return d.state.URL
}

// Transport is for an HTTP client: it uses no proxy. A TLS certificate is trusted if it
// is the one in the state, which came from a file of the same user.
func (d *WorkbenchDialer) Transport() *http.Transport {
	transport := &http.Transport{DialContext: d.dial}
	if d.state.Certificate == "" {
		return transport
	}
	transport.TLSClientConfig = &tls.Config{
		InsecureSkipVerify: true, // instead:
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			want, err := hex.DecodeString(d.state.Certificate)
			if err != nil || len(raw) == 0 {
				return errOtherCertificate
			}
			if sum := sha256.Sum256(raw[0]); subtle.ConstantTimeCompare(want, sum[:]) != 1 {
				return errOtherCertificate
			}
			return nil
		},
	}
	return transport
}

func (d *WorkbenchDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	by := net.Dialer{Timeout: 5 * time.Second}
	check := func(conn net.Conn) error { return demandProof(conn, d.state, d.host) }
	switch {
	case d.state.Socket != "":
		network, address = "unix", d.state.Socket
		check = func(conn net.Conn) error { return checkOwnerOf(conn, d.state) }
	case d.state.Certificate != "":
		check = func(net.Conn) error { return nil } // TLS does it
	}
	conn, err := by.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := check(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// Refused is what an error of a connection means if it says that the workbench is not
// there, is another program, or has no place; nil if it says none of that.
func (d *WorkbenchDialer) Refused(ctx context.Context, err error) error {
	if errors.Is(err, errImpostor) || errors.Is(err, errOtherUser) || errors.Is(err, errOtherCertificate) {
		return Impostor(d.Address(), err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return NoWorkbench(err)
	}
	if !d.stillListens(ctx) {
		return nil
	}
	e := &sockeye.Error{Kind: sockeye.LimitReached, Op: "open", Target: d.Address(), Err: err,
		Message: sockeye.Text{En: "the workbench lives, but closed this connection: too many are open", Zh: "工作台仍在运行，但关闭了此连接：连接数过多"},
		Hint:    sockeye.Text{En: "try again; see who else connects to it: ss -tnp", Zh: "请重试；用 ss -tnp 查看还有谁在连接"}}
	if d.state.Socket == "" && d.state.Certificate == "" { // nothing has said yet who listens
		e.Message = sockeye.Text{En: "what listens at the workbench's address did not prove to be it: too many connections are open, or another program has its place", Zh: "监听工作台地址的程序未能证明自己是工作台：连接数过多，或该地址已被其他程序占用"}
		e.Hint = sockeye.Text{En: "see who has the port: ss -tlnp; or start another workbench: sockeye ui --port 7700", Zh: "用 ss -tlnp 查看谁占用端口；或另开一个工作台：sockeye ui --port 7700"}
	}
	return e
}

// Unanswered is the error of a shell whose workbench, a process, takes the connection and says
// nothing.
func (d *WorkbenchDialer) Unanswered() error {
	return &sockeye.Error{Kind: sockeye.TimedOut, Op: "open", Target: d.Address(),
		Message: sockeye.Text{En: fmt.Sprintf("the workbench (process %d) does not answer: it is stopped, or very busy", d.state.PID), Zh: fmt.Sprintf("工作台（进程 %d）没有应答：它已被暂停，或非常繁忙", d.state.PID)},
		Hint:    sockeye.Text{En: fmt.Sprintf("let it go on: kill -CONT %d; or end it: kill %[1]d", d.state.PID), Zh: fmt.Sprintf("让它继续：kill -CONT %d；或结束它：kill %[1]d", d.state.PID)}}
}

// stillListens says whether somebody accepts connections where the workbench was.
func (d *WorkbenchDialer) stillListens(ctx context.Context) bool {
	network, address := "tcp", d.host
	if d.state.Socket != "" {
		network, address = "unix", d.state.Socket
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err == nil {
		conn.Close()
	}
	return err == nil
}
