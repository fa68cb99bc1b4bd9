package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"sockeye"
)

// Client asks a running workbench. It may be used from any goroutine.
type Client struct {
	state State
	lang  sockeye.Lang
	http  *http.Client
	base  string // what requests begin with
	host  string // of the state's URL
}

var errOtherCertificate = errors.New("not the workbench's certificate")

// NewClient asks the workbench that a state names. A TLS certificate is trusted if
// it is the one in the state, which came from a file of the same user.
func NewClient(st State, l sockeye.Lang) *Client {
	c := &Client{state: st, lang: l}
	c.base, c.host = st.URL, hostOf(st.URL)
	if st.Socket != "" {
		c.base = "http://" + c.host + "/"
	}
	transport := &http.Transport{DialContext: c.dial} // and no proxy
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if st.Certificate != "" {
		transport.TLSClientConfig = &tls.Config{
			InsecureSkipVerify: true, // instead:
			VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
				want, err := hex.DecodeString(st.Certificate)
				if err != nil || len(raw) == 0 {
					return errOtherCertificate
				}
				if sum := sha256.Sum256(raw[0]); subtle.ConstantTimeCompare(want, sum[:]) != 1 {
					return errOtherCertificate
				}
				return nil
			},
		}
	}
	return c
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// dial connects to the workbench, and makes sure that it is.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	check := func(conn net.Conn) error { return demandProof(conn, c.state, c.host) }
	switch {
	case c.state.Socket != "":
		network, address = "unix", c.state.Socket
		check = func(conn net.Conn) error { return checkOwnerOf(conn, c.state) }
	case c.state.Certificate != "":
		check = func(net.Conn) error { return nil } // TLS does it
	}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := check(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// NewTicket asks for one more way in for a page. Its URL is the state's: nothing but the
// ticket is taken from the answer.
func (c *Client) NewTicket(ctx context.Context) (Ticket, error) {
	var t Ticket
	if err := c.Ask(ctx, http.MethodPost, "/tickets", None{}, &t); err != nil {
		return Ticket{}, err
	}
	if !isSecret(t.Ticket) {
		return Ticket{}, impostor(c.state.URL, errors.New("its ticket is none"))
	}
	return Ticket{Ticket: t.Ticket, URL: c.state.URL + "#t=" + t.Ticket}, nil
}

// Ask sends a request, in as its body unless nil, and decodes the answer into out
// unless nil. The error is an *sockeye.Error, the workbench's own if it answered.
func (c *Client) Ask(ctx context.Context, method, path string, in, out any) error {
	body, err := c.Get(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return c.broken(ctx, err)
	}
	return nil
}

// Get is Ask with the body of the answer as it comes.
func (c *Client) Get(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.state.Token)
	r.Header.Set("Accept-Language", string(c.lang))
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var f Failure
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
		return nil, noWorkbench(err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, noWorkbench(nil) // another program, or a later workbench, has the port now
	}
	all := []error{errorOf(f.ErrorLine)}
	for _, line := range f.Also {
		all = append(all, errorOf(line))
	}
	return nil, joinErrors(all)
}

// broken is an error of the connection to the workbench.
func (c *Client) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, errImpostor) || errors.Is(err, errOtherUser) || errors.Is(err, errOtherCertificate) {
		return impostor(c.where(), err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return noWorkbench(err)
	}
	if c.stillListens(ctx) {
		return &sockeye.Error{Kind: sockeye.LimitReached, Op: "open", Target: c.where(), Err: err,
			Message: sockeye.Text{En: "the workbench lives, but closed this connection: too many are open", Zh: "工作台仍在运行，但关闭了此连接：连接数过多"},
			Hint:    sockeye.Text{En: "try again; see who else connects to it: ss -tnp", Zh: "请重试；用 ss -tnp 查看还有谁在连接"}}
	}
	return &sockeye.Error{Kind: sockeye.Closed, Op: "read", Target: c.where(), Err: err,
		Message: sockeye.Text{En: "the workbench ended", Zh: "工作台已结束"}}
}

func (c *Client) where() string {
	if c.state.Socket != "" {
		return c.state.Socket
	}
	return c.state.URL
}

// stillListens says whether somebody accepts connections where the workbench was.
func (c *Client) stillListens(ctx context.Context) bool {
	network, address := "tcp", c.host
	if c.state.Socket != "" {
		network, address = "unix", c.state.Socket
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// errorOf is an error as the workbench has told it, in the language asked for.
func errorOf(l sockeye.ErrorLine) *sockeye.Error {
	return &sockeye.Error{Kind: l.Kind, Op: l.Op, Target: l.Target, Errno: l.Errno,
		Message: sockeye.Text{En: l.Message, Zh: l.Message}, Hint: sockeye.Text{En: l.Hint, Zh: l.Hint}}
}
