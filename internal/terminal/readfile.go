package terminal

import (
	"crypto/tls"
	"errors"
	"io"
	"os"

	"sockeye"
)

// MaxSecret bounds what is read of a file with a password, a certificate or a key.
const MaxSecret = 1 << 20

// ReadFile reads a file for a flag. The path may be a pipe, such as <(pass show sockeye), or - for
// standard input. ReadFile waits until the pipe is written, or a signal comes.
func (a *Terminal) ReadFile(flag, path string) (text []byte, err error) {
	if path == StdinName {
		if err := a.takeStdin(flag); err != nil {
			return nil, err
		}
	}
	read := make(chan []byte, 1)
	err = a.interruptible(func() error {
		from := a.In
		if path != StdinName {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			from = f
		}
		text, err := io.ReadAll(io.LimitReader(from, MaxSecret+1))
		if err == nil && len(text) > MaxSecret {
			err = Usage(flag, sockeye.Text{En: "more than 1 MiB", Zh: "超过 1 MiB"}, sockeye.Text{En: "name a smaller file", Zh: "请换用较小的文件"})
		}
		read <- text
		return err
	})
	if err != nil {
		return nil, err
	}
	return <-read, nil
}

// LoadKeyPair does what tls.LoadX509KeyPair does, with files that may be pipes.
func (a *Terminal) LoadKeyPair(cert, key string) (tls.Certificate, error) {
	certText, err := a.ReadFile("--cert", cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyText, err := a.ReadFile("--key", key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certText, keyText)
}

// interruptible calls run, which may wait for ever in a call that cannot be interrupted. It returns
// when run does or when a signal comes; in that case run goes on until the process ends.
func (a *Terminal) interruptible(run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-a.Ctx.Done():
		return a.Interrupted()
	}
}

// IsInvalid reports whether an error is of the command line itself.
func IsInvalid(err error) bool {
	e, ok := errors.AsType[*sockeye.Error](err)
	return ok && e.Kind == sockeye.Invalid
}
