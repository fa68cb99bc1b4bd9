package cli

import (
	"crypto/tls"
	"errors"
	"io"
	"os"

	"sockeye"
)

// mostSecret bounds what is read of a file with a password, a certificate or a key.
const mostSecret = 1 << 20

// readFile reads a file for a flag. It may be a pipe, as <(pass show sockeye) makes one,
// or - for standard input: it may wait for who writes it, until a signal comes.
func (a *app) readFile(flag, path string) (text []byte, err error) {
	if path == stdinName {
		if err := a.takeStdin(flag); err != nil {
			return nil, err
		}
	}
	read := make(chan []byte, 1)
	err = a.interruptible(func() error {
		from := a.In
		if path != stdinName {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			from = f
		}
		text, err := io.ReadAll(io.LimitReader(from, mostSecret+1))
		if err == nil && len(text) > mostSecret {
			err = usage(flag, sockeye.Text{En: "more than 1 MiB", Zh: "超过 1 MiB"}, sockeye.Text{En: "name a smaller file", Zh: "请换用较小的文件"})
		}
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
	certText, err := a.readFile("--cert", cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyText, err := a.readFile("--key", key)
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

// isInvalid says whether an error is of the command line itself.
func isInvalid(err error) bool {
	e, ok := errors.AsType[*sockeye.Error](err)
	return ok && e.Kind == sockeye.Invalid
}
