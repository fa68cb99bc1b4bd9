package journal

import (
	"path/filepath"
	"strings"
	"sync"

	"sockeye/internal/recording"
)

// faulty is the system's files with faults on demand. Calls are counted by name:
// create, write, truncate, sync, syncdir, remove, list, makedir, lock.
type faulty struct {
	recording.FileSystem
	stalled chan struct{} // gets one when a call begins to stall

	mu     sync.Mutex
	calls  map[string]int
	faults []fault
	wait   map[string]chan struct{}
}

// fault is what happens to some calls.
type fault struct {
	call     string
	from, to int // which calls of the name, from 1; to 0: for good
	err      error
	short    bool // write half of it first
}

func newFaulty(faults ...fault) *faulty {
	return &faulty{FileSystem: recording.System(), stalled: make(chan struct{}, 100), calls: map[string]int{}, faults: faults, wait: map[string]chan struct{}{}}
}

// stall makes calls of a name wait for release.
func (f *faulty) stall(call string) (release func()) {
	c := make(chan struct{})
	f.mu.Lock()
	f.wait[call] = c
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.wait[call] == c {
			delete(f.wait, call)
			close(c)
		}
	}
}

func (f *faulty) releaseAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for call, c := range f.wait {
		delete(f.wait, call)
		close(c)
	}
}

// add makes a fault of the calls to come.
func (f *faulty) add(x fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x.from += f.calls[x.call]
	if x.to > 0 {
		x.to += f.calls[x.call]
	}
	f.faults = append(f.faults, x)
}

// heal ends all faults.
func (f *faulty) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
}

func (f *faulty) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *faulty) hit(call string) (fault, bool) {
	f.mu.Lock()
	f.calls[call]++
	n := f.calls[call]
	c := f.wait[call]
	var found fault
	for _, x := range f.faults {
		if x.call == call && n >= x.from && (x.to == 0 || n <= x.to) {
			found = x
			break
		}
	}
	f.mu.Unlock()
	if c != nil {
		f.stalled <- struct{}{}
		<-c
	}
	return found, found.err != nil || found.short
}

func (f *faulty) MakeDir(dir string) error {
	if x, ok := f.hit("makedir"); ok {
		return x.err
	}
	return f.FileSystem.MakeDir(dir)
}

func (f *faulty) List(dir string) ([]recording.DirEntry, error) {
	if x, ok := f.hit("list"); ok {
		return nil, x.err
	}
	return f.FileSystem.List(dir)
}

// Create counts segments only as create, so that a fault hits what it means to.
func (f *faulty) Create(path string) (recording.OutputFile, error) {
	name := "create"
	if !strings.HasSuffix(path, ".pcapng") {
		name = "reserve"
	}
	if x, ok := f.hit(name); ok {
		return nil, x.err
	}
	file, err := f.FileSystem.Create(path)
	if err != nil {
		return nil, err
	}
	if name == "reserve" {
		return file, nil
	}
	return &faultyFile{file, f}, nil
}

func (f *faulty) Remove(path string) error {
	if x, ok := f.hit("remove"); ok && filepath.Ext(path) == ".pcapng" {
		return x.err
	}
	return f.FileSystem.Remove(path)
}

func (f *faulty) SyncDir(dir string) error {
	if x, ok := f.hit("syncdir"); ok {
		return x.err
	}
	return f.FileSystem.SyncDir(dir)
}

type faultyFile struct {
	recording.OutputFile
	f *faulty
}

func (f *faultyFile) Write(b []byte) (int, error) {
	x, ok := f.f.hit("write")
	switch {
	case ok && x.short:
		n, err := f.OutputFile.Write(b[:(len(b)+1)/2])
		if err == nil {
			err = x.err
		}
		return n, err
	case ok:
		return 0, x.err
	}
	return f.OutputFile.Write(b)
}

func (f *faultyFile) Truncate(size int64) error {
	if x, ok := f.f.hit("truncate"); ok {
		return x.err
	}
	return f.OutputFile.Truncate(size)
}

// Sync that fails has written nothing: what is dirty is forgotten, as Linux does.
func (f *faultyFile) Sync() error {
	if x, ok := f.f.hit("sync"); ok {
		return x.err
	}
	return f.OutputFile.Sync()
}
