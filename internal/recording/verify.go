package recording

import (
	"context"
	"os"
	"path/filepath"

	"sockeye"
	"sockeye/internal/pcapng"
)

// Report is what Verify found.
type Report struct {
	Files  int
	Bytes  int64 // of the files
	Events uint64
	// Damage is what was not as it was written, the first thousand places.
	Damage []FileDamage
	// Damages counts all of them, a torn tail not included: it is what a crash
	// leaves, and nothing that was promised is in it.
	Damages, Torn int
}

// FileDamage is a damage and the file it is in.
type FileDamage struct {
	File string
	pcapng.Damage
}

// mostDamage bounds how many places a report names.
const mostDamage = 1000

// Sound says whether nothing that was written is missing or changed.
func (r *Report) Sound() bool { return r.Damages == 0 }

func (r *Report) note(file string, d pcapng.Damage) {
	if d.Kind == pcapng.Torn {
		r.Torn++
	} else {
		r.Damages++
	}
	if len(r.Damage) < mostDamage {
		r.Damage = append(r.Damage, FileDamage{file, d})
	}
}

// Verify reads everything and checks every byte. The error says that reading
// failed; damage is in the report.
func (r *Recording) Verify(ctx context.Context, progress func(done, total int64)) (*Report, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	report := &Report{Files: len(files)}
	for _, f := range files {
		report.Bytes += f.size
	}
	d, err := r.Read(ReadOptions{Damaged: report.note, Progress: progress})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	err = d.Each(ctx, nil, func(*sockeye.Event) error {
		report.Events++
		return nil
	})
	return report, err
}

// Repair writes what is whole to dst, which must not exist: a directory of the
// same segments for a directory, else a file. What was read is never touched. The
// report says what was left out.
func (r *Recording) Repair(ctx context.Context, dst string, progress func(done, total int64)) (*Report, error) {
	if r.isDir {
		if err := os.Mkdir(dst, 0o700); err != nil {
			return nil, unwritable(dst, err)
		}
	}
	report := &Report{}
	d, err := r.Read(ReadOptions{Damaged: report.note, Progress: progress})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var out *copied
	file := ""
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		if file != d.path {
			if out != nil {
				if err := out.close(); err != nil {
					return err
				}
			}
			path := dst
			if r.isDir {
				path = filepath.Join(dst, filepath.Base(d.path))
			}
			next, err := createCopy(path, out, d.run)
			if err != nil {
				return err
			}
			out, file = next, d.path
			report.Files++
		}
		report.Events++
		return out.append(e)
	})
	if out != nil {
		if closeErr := out.close(); err == nil {
			err = closeErr
		}
		report.Bytes = out.written
	}
	return report, err
}

// copied is a segment written from events that were read.
type copied struct {
	path    string
	f       *os.File
	encoder *pcapng.Encoder
	run     uint64
	buf     []byte
	begun   bool
	written int64
}

// createCopy begins a file. Those of one run share an encoder, so that streams
// go on.
func createCopy(path string, before *copied, run uint64) (*copied, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unwritable(path, err)
	}
	c := &copied{path: path, f: f, run: run}
	if before != nil {
		c.written = before.written
	}
	if before != nil && before.run == run {
		c.encoder = before.encoder
	} else {
		c.encoder = pcapng.NewEncoder(pcapng.Options{Run: run})
	}
	return c, nil
}

func (c *copied) append(e *sockeye.Event) error {
	if !c.begun {
		c.begun = true
		c.buf = c.encoder.Begin(c.buf, e.Time)
	}
	c.buf = c.encoder.Append(c.buf, e)
	if len(c.buf) < batch {
		return nil
	}
	return c.flush()
}

// batch is how much is written at once, in bytes.
const batch = 1 << 20

func (c *copied) flush() error {
	n, err := c.f.Write(c.buf)
	c.written += int64(n)
	c.buf = c.buf[:0]
	if err != nil {
		return unwritable(c.path, err)
	}
	return nil
}

func (c *copied) close() error {
	err := c.flush()
	if syncErr := c.f.Sync(); err == nil && syncErr != nil {
		err = unwritable(c.path, syncErr)
	}
	c.f.Close()
	return err
}

// unwritable turns what the system said about a path that was to be written into
// an error for people.
func unwritable(path string, err error) error {
	e := *failure(path, err)
	e.Op = "write"
	return &e
}
