package localca

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/private"
)

// Store is a directory that keeps an authority. Its errors are *sockeye.Errors.
type Store struct{ Dir string }

// File is the file of the authority: its certificate and its key. Nobody else may read it.
func (s *Store) File() string { return filepath.Join(s.Dir, "ca.pem") }

// Load reads the authority. Where there is none yet it makes one; programs that do so at
// once end up with the same.
func (s *Store) Load(now time.Time) (*Authority, error) {
	a, err := s.Find(now)
	if a != nil || err != nil {
		return a, err
	}
	return makeNew(s.File(), now, private.CreateFile)
}

// Find reads the authority; it is nil where there is none.
func (s *Store) Find(now time.Time) (*Authority, error) {
	a, err := read(s.File())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, storeError(s.File(), err)
	case a.Expired(now):
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: s.File(),
			Message: sockeye.Text{En: "the local CA has expired", Zh: "本机 CA 已过期"},
			Hint:    sockeye.Text{En: "make a new one, and put it on the boards: sockeye ca renew", Zh: "请重新生成并放到开发板上：sockeye ca renew"}}
	}
	return a, nil
}

// Renew makes a new authority in the place of the old one, whose servers have a new key.
// Whoever trusts the old one does not trust what the new one signs.
func (s *Store) Renew(now time.Time) (*Authority, error) {
	if err := os.Remove(s.ServerKeyFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, storeError(s.ServerKeyFile(), err)
	}
	return makeNew(s.File(), now, private.WriteFile)
}

func makeNew(path string, now time.Time, write func(string, []byte) error) (*Authority, error) {
	name, err := os.Hostname()
	if err != nil {
		name = "this computer"
	}
	a, err := New(name, now)
	if err != nil {
		return nil, storeError(path, err)
	}
	text, err := a.PEM()
	if err == nil {
		err = write(path, text)
	}
	if errors.Is(err, fs.ErrExist) { // another program was faster
		a, err = read(path)
	}
	return a, storeError(path, err)
}

func read(path string) (*Authority, error) {
	text, err := private.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a, err := Parse(text)
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: path, Err: err,
			Message: sockeye.Text{En: "this is not the local CA: " + err.Error(), Zh: "这不是本机 CA：" + err.Error()},
			Hint:    sockeye.Text{En: "move it away, then a new one is made: sockeye ca renew", Zh: "请移走它，再重新生成：sockeye ca renew"}}
	}
	return a, nil
}

func storeError(path string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "open", Target: path, Err: err,
		Message: sockeye.Text{En: "the local CA: " + err.Error(), Zh: "本机 CA：" + err.Error()}}
}
