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
	"time"

	"sockeye"
)

// Client asks a running workbench. It may be used from any goroutine.
type Client struct {
	state State
	lang  sockeye.Lang
	http  *http.Client
}

// NewClient asks the workbench that a state names. A TLS certificate is trusted if
// it is the one in the state, which came from a file of the same user.
func NewClient(st State, l sockeye.Lang) *Client {
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext} // and no proxy
	if st.Certificate != "" {
		transport.TLSClientConfig = &tls.Config{
			InsecureSkipVerify: true, // instead:
			VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
				want, err := hex.DecodeString(st.Certificate)
				if err != nil || len(raw) == 0 {
					return errors.New("no certificate to compare")
				}
				if sum := sha256.Sum256(raw[0]); subtle.ConstantTimeCompare(want, sum[:]) != 1 {
					return errors.New("not the workbench's certificate")
				}
				return nil
			},
		}
	}
	return &Client{state: st, lang: l, http: &http.Client{Transport: transport}}
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
	r, err := http.NewRequestWithContext(ctx, method, c.state.URL+"api/v1"+path, body)
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
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return noWorkbench(err)
	}
	return &sockeye.Error{Kind: sockeye.Closed, Op: "read", Target: c.state.URL, Err: err,
		Message: sockeye.Text{En: "the workbench ended", Zh: "工作台已结束"}}
}

// errorOf is an error as the workbench has told it, in the language asked for.
func errorOf(l sockeye.ErrorLine) *sockeye.Error {
	return &sockeye.Error{Kind: l.Kind, Op: l.Op, Target: l.Target, Errno: l.Errno,
		Message: sockeye.Text{En: l.Message, Zh: l.Message}, Hint: sockeye.Text{En: l.Hint, Zh: l.Hint}}
}
