package access

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"sockeye"
)

// A shell sends its token to nobody but its workbench. Over the Unix socket the kernel
// says who answers (owner.go), over TLS the certificate does; where there is neither, the
// one who answers proves that it has the token before anything else is sent.

// NonceSize is how many bytes a nonce has.
const NonceSize = 32

// proofTime bounds how long the one who answers may take to prove itself.
const proofTime = 5 * time.Second

// proofOf is what a nonce becomes for one who has the token. The host binds it to where
// the shell connected: nobody can have it made by the workbench elsewhere.
func proofOf(token, host string, nonce []byte) []byte {
	m := hmac.New(sha256.New, []byte(token))
	fmt.Fprintf(m, "sockeye workbench at %s\n", host)
	m.Write(nonce)
	return m.Sum(nil)
}

var errImpostor = errors.New("it does not have the workbench's token")

// demandProof asks the other side of a fresh connection for its proof. Nothing secret
// was sent when it fails.
func demandProof(c net.Conn, st WorkbenchState, host string) error {
	nonce := make([]byte, NonceSize)
	rand.Read(nonce) // never fails
	c.SetDeadline(time.Now().Add(proofTime))
	if _, err := fmt.Fprintf(c, "GET /proof?nonce=%x HTTP/1.1\r\nHost: %s\r\n\r\n", nonce, host); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(c, 64<<10))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return err // nobody's answer: it closed
		}
		if _, ok := errors.AsType[*net.OpError](err); ok {
			return err
		}
		return errImpostor // no HTTP
	}
	defer resp.Body.Close()
	var told struct{ Proof string }
	if err := json.NewDecoder(resp.Body).Decode(&told); err != nil {
		return errImpostor
	}
	io.Copy(io.Discard, resp.Body)
	got, err := hex.DecodeString(told.Proof)
	if err != nil || resp.StatusCode != http.StatusOK || in.Buffered() > 0 || !hmac.Equal(got, proofOf(st.Token, host, nonce)) {
		return errImpostor
	}
	return c.SetDeadline(time.Time{})
}

// Impostor is the error of a shell that found somebody else in its workbench's place.
func Impostor(at string, err error) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: at, Err: err,
		Message: sockeye.Text{En: "another program answers in the workbench's place; it was told nothing", Zh: "应答的是其他程序，不是工作台；未向它发送任何机密"},
		Hint:    sockeye.Text{En: "the workbench has ended; start it again: sockeye ui", Zh: "工作台已结束，请重新启动：sockeye ui"}}
}
