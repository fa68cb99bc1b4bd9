package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"sockeye"
	"sockeye/internal/workspace"
)

// workspaceStore keeps the workspace in its file, which other programs may change at any time:
// it is read anew whenever it is asked for.
type workspaceStore struct {
	path   string
	mu     sync.Mutex             // one change at a time
	memory atomic.Pointer[[]byte] // the text, where there is no file to keep it in
	sound  atomic.Pointer[workspace.File]
	known  atomic.Pointer[workspace.Knowledge] // what sound says of protocols
	// latest is what the text was understood as: as long as it is the same text, what is
	// opened is the very plan that was shown.
	latest atomic.Pointer[kept]
}

// kept is the workspace at one moment.
type kept struct {
	text     []byte
	stamp    string
	file     *workspace.File // empty if there is err
	openings []workspace.Opening
	err      error // what is wrong with the text
}

// stampOf names a text; there is none for a file that is not there yet.
func stampOf(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// read is the workspace as it is now. The error is of a file that cannot be read; what
// is wrong with what was read is in kept.
func (s *workspaceStore) read() (kept, error) {
	var text []byte
	if there := s.memory.Load(); there != nil {
		text = *there
	}
	if s.path != "" {
		var err error
		if text, err = workspace.ReadText(s.path); err != nil && sockeye.ErrorOf(err).Kind != sockeye.NotFound {
			return kept{}, err
		}
	}
	if k := s.latest.Load(); k != nil && bytes.Equal(k.text, text) {
		return *k, nil
	}
	k := understood(text)
	s.keep(k)
	return k, nil
}

func (s *workspaceStore) keep(k kept) {
	s.latest.Store(&k)
	if k.err == nil {
		s.sound.Store(k.file)
		known, _ := k.file.Knowledge() // it is sound
		s.known.Store(&known)
	}
}

// knowledge is what the workspace says of the messages of protocols.
func (s *workspaceStore) knowledge() (k workspace.Knowledge) {
	if known := s.known.Load(); known != nil {
		k = *known
	}
	return k
}

// understood is what a text says. No text says nothing.
func understood(text []byte) kept {
	k := kept{text: text, stamp: stampOf(text), file: &workspace.File{Version: workspace.Version}}
	if len(text) == 0 {
		return k
	}
	file, err := workspace.Parse(text)
	if err == nil {
		k.openings, err = file.Openings()
	}
	if err != nil {
		k.err = err
		return k
	}
	k.file = file
	return k
}

// at is the workspace if it is still what somebody read.
func (s *workspaceStore) at(stamp string) (kept, error) {
	k, err := s.read()
	if err == nil && k.stamp != stamp {
		err = &sockeye.Error{Kind: sockeye.Conflict, Op: "write", Target: s.path,
			Message: sockeye.Text{En: "the workspace was changed meanwhile, in another page or by another program", Zh: "工作区其间已被其他页面或程序修改"},
			Hint:    sockeye.Text{En: "look at it as it is now, then do it again", Zh: "请查看现在的内容后重试"}}
	}
	return k, err
}

// write keeps a text, in the place of what has the stamp.
func (s *workspaceStore) write(stamp string, change func(old kept) ([]byte, error)) (kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.at(stamp)
	if err != nil {
		return kept{}, err
	}
	text, err := change(old)
	if err != nil {
		return kept{}, err
	}
	k := understood(text)
	if k.err != nil {
		return kept{}, k.err
	}
	if s.path == "" {
		s.memory.Store(&text)
	} else if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return kept{}, &sockeye.Error{Kind: sockeye.System, Op: "write", Target: s.path, Err: err}
	} else if err := workspace.Write(s.path, text); err != nil {
		return kept{}, err
	}
	s.keep(k)
	return k, nil
}

// openStore reads the workspace when the server begins: a file that is wrong is told
// of, and left alone.
func (s *Server) openStore() error {
	s.workspace.path = s.o.Workspace
	k, err := s.workspace.read()
	if err != nil {
		return err
	}
	if k.err != nil {
		var all []error
		for _, e := range faults(k.err) {
			one := *e
			one.Target = s.workspace.path + ": " + one.Target
			all = append(all, &one)
		}
		return errors.Join(all...)
	}
	s.bench.SetLookup(s.lookup)
	return s.bench.RememberAll(k.file.Aliases)
}

// lookup finds {{var.NAME}} in the workspace, and what else payloads name.
func (s *Server) lookup(name string) (string, bool) {
	if v, ok := s.workspace.sound.Load().Lookup(name); ok || s.o.Lookup == nil {
		return v, ok
	}
	return s.o.Lookup(name)
}
