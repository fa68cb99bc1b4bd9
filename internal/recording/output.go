package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sockeye/internal/regular"
)

// output is where a Writer's files are: it names them, makes room for them and
// keeps others out.
type output interface {
	// next opens the file to write now.
	next() (path string, f OutputFile, err error)
	// releaseReserve gives back what was put aside for the end of a recording on a full
	// disk, and says whether there was anything.
	releaseReserve() bool
	// once says that there is no next file after the first.
	once() bool
	// tidy deletes what is too old, and close lets go of the place.
	tidy()
	close()
}

// dirOutput is the place of many segments.
type dirOutput struct {
	o       WriteOptions
	lock    Lock
	names   segmentName // of the newest segment
	unclean bool
	current string
	reserve bool // the reserve file is there
}

const (
	reserveName = ".reserve"
	// reserveBytes must hold the last words of a recording, and the block of any
	// file system.
	reserveBytes = 1 << 20
)

func openDirectory(o WriteOptions) (*dirOutput, error) {
	d := &dirOutput{o: o}
	if err := o.Files.MakeDir(o.Dir); err != nil {
		return nil, err
	}
	if err := d.enter(); err != nil {
		return nil, err
	}
	segments, err := d.segments()
	if err != nil {
		d.close()
		return nil, err
	}
	d.unclean = d.lock.Unclean() && len(segments) > 0
	d.names = segmentName{began: stampAfter(o.Now(), segments), name: o.Name}
	return d, nil
}

// enter takes the directory for this process, if nobody else can interfere with it.
func (d *dirOutput) enter() (err error) {
	if !d.o.Shared {
		if err := d.o.Files.Private(d.o.Dir); err != nil {
			return err
		}
	}
	d.lock, err = d.o.Files.Lock(filepath.Join(d.o.Dir, lockName))
	return err
}

func (d *dirOutput) segments() ([]segment, error) {
	files, err := d.o.Files.List(d.o.Dir)
	return segmentsOf(files), err
}

// next makes the next segment. Whatever happened to the directory meanwhile, it
// is there and ours afterwards, or there is an error.
func (d *dirOutput) next() (string, OutputFile, error) {
	if err := d.restore(); err != nil {
		return "", nil, err
	}
	if err := d.setAside(); err != nil {
		return "", nil, err
	}
	d.tidy()
	n := d.names
	n.number++
	path := filepath.Join(d.o.Dir, n.String())
	f, err := d.o.Files.Create(path)
	if err != nil {
		return path, nil, err
	}
	if err := d.o.Files.SyncDir(d.o.Dir); err != nil {
		f.Close()
		d.o.Files.Remove(path)
		return path, nil, err
	}
	d.names, d.current = n, n.String()
	return path, f, nil
}

// restore makes the directory again if somebody removed it, and enters it.
func (d *dirOutput) restore() error {
	files, err := d.o.Files.List(d.o.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		if err := d.o.Files.MakeDir(d.o.Dir); err != nil {
			return err
		}
	}
	named := func(name string) bool {
		return slices.ContainsFunc(files, func(f DirEntry) bool { return f.Name == name })
	}
	d.reserve = d.reserve && named(reserveName)
	if d.lock != nil && named(lockName) {
		return nil
	}
	d.leave()
	return d.enter()
}

// setAside writes the reserve file, unless it is there.
func (d *dirOutput) setAside() error {
	if d.reserve {
		return nil
	}
	path := filepath.Join(d.o.Dir, reserveName)
	if err := d.o.Files.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := d.o.Files.Create(path)
	if err != nil {
		return err
	}
	_, err = writeAll(f, make([]byte, reserveBytes))
	if err == nil {
		err = f.Sync() // a file system may find out only now that there is no room
	}
	f.Close()
	d.reserve = err == nil
	if err != nil {
		d.o.Files.Remove(path)
	}
	if errors.Is(err, syscall.EFBIG) {
		return nil // a segment may still fit the limit
	}
	return err
}

func (d *dirOutput) releaseReserve() bool {
	had := d.reserve
	d.reserve = false
	return had && d.o.Files.Remove(filepath.Join(d.o.Dir, reserveName)) == nil
}

// tidy deletes the oldest segments until the bounds hold, with a full segment
// yet to come. The one being written stays.
func (d *dirOutput) tidy() {
	if d.o.TotalBytes == 0 && d.o.MaxAge == 0 {
		return
	}
	segments, err := d.segments()
	if err != nil {
		return
	}
	total := d.o.SegmentBytes
	for _, s := range segments {
		total += s.Bytes
	}
	for _, s := range segments {
		tooMuch := d.o.TotalBytes > 0 && total > d.o.TotalBytes
		tooOld := d.o.MaxAge > 0 && d.o.Now().Sub(s.Modified) > d.o.MaxAge
		if s.Name == d.current || !tooMuch && !tooOld {
			continue
		}
		if d.o.Files.Remove(filepath.Join(d.o.Dir, s.Name)) == nil {
			total -= s.Bytes
		}
	}
}

func (d *dirOutput) close() {
	d.releaseReserve()
	d.leave()
}

func (d *dirOutput) once() bool { return false }

func (d *dirOutput) leave() {
	if d.lock != nil {
		d.lock.Release()
		d.lock = nil
	}
}

// fileOutput is the place of one file. Only when that fails a second one is
// begun beside it.
type fileOutput struct {
	o      WriteOptions
	number int  // of the newest file, from 1
	stream bool // it is a pipe or a device: there is no second one
}

func (p *fileOutput) next() (string, OutputFile, error) {
	path := p.o.File
	if p.number > 0 {
		path = fmt.Sprintf("%s_%04d%s", strings.TrimSuffix(path, extension), p.number+1, extension)
	}
	if err := p.checkPrivate(path); err != nil {
		return path, nil, err
	}
	f, err := p.o.Files.Create(path)
	if err != nil {
		return path, nil, err
	}
	if _, p.stream = f.(streamFile); !p.stream {
		err = p.o.Files.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		f.Close()
		p.o.Files.Remove(path)
		return path, nil, err
	}
	p.number++
	return path, f, nil
}

// checkPrivate refuses a file in a directory where others could replace or remove it. Where
// only its owner can, as in /tmp, it is safe, and a pipe or a device has an owner of its own.
func (p *fileOutput) checkPrivate(path string) error {
	if st, err := os.Stat(path); p.o.Shared || err == nil && !st.Mode().IsRegular() {
		return nil
	}
	err := p.o.Files.Private(filepath.Dir(path))
	if e, ok := errors.AsType[ExposedError](err); ok {
		if e.Sticky {
			return nil
		}
		return exposed(path, e)
	}
	return nil // what else is wrong there is told by who makes the file
}

func (p *fileOutput) once() bool         { return p.stream }
func (*fileOutput) releaseReserve() bool { return false }
func (*fileOutput) tidy()                {}
func (*fileOutput) close()               {}

// streamOutput is the place of a stream that is somebody else's.
type streamOutput struct{ out io.Writer }

func (p *streamOutput) next() (string, OutputFile, error) {
	return "-", streamFile{nopCloser{p.out}}, nil
}

func (*streamOutput) once() bool           { return true }
func (*streamOutput) releaseReserve() bool { return false }
func (*streamOutput) tidy()                {}
func (*streamOutput) close()               {}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// newOutput is where the options say.
func newOutput(o WriteOptions) (output, error) {
	switch {
	case o.Dir != "":
		return openDirectory(o)
	case o.Out != nil:
		return &streamOutput{out: o.Out}, nil
	}
	return &fileOutput{o: o}, nil
}

// OpenDump opens a file that only this user may read for what crosses sockets, as it is or as a
// hex dump, with flags as for os.OpenFile. It may be a pipe, and then waits for a reader; another
// user's symbolic link where everybody may write is an *sockeye.Error.
func OpenDump(path string, flags int) (*os.File, error) {
	return regular.OpenOutput(path, flags, 0o600)
}
