package cli

import (
	"crypto/tls"
	"io"
	"os"
)

// mostSecret bounds what is read of a file with a password, a certificate or a key.
const mostSecret = 1 << 20

// readFile reads a file that may be a pipe, as <(pass show sockeye) makes one: it may
// wait for who writes it, until a signal comes.
func (a *app) readFile(path string) (text []byte, err error) {
	read := make(chan []byte, 1)
	err = a.interruptible(func() error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostSecret))
		read <- text
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-read, nil
}

// loadKeyPair is tls.LoadX509KeyPair of files that may be pipes.
func (a *app) loadKeyPair(cert, key string) (tls.Certificate, error) {
	certText, err := a.readFile(cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyText, err := a.readFile(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certText, keyText)
}

// interruptible runs what may wait for ever in a call that nothing ends, until it is
// done or a signal comes. Then it is left behind: the process is about to end.
func (a *app) interruptible(run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-a.ctx.Done():
		return a.interrupted()
	}
}
