package terminal

import (
	"bufio"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/recording"
)

// DumpFlags are ncat's flags for files with all transferred bytes: raw, and as a hex dump.
type DumpFlags struct {
	output, hexDump string
	appendTo        bool
}

// Register adds the flags to a command.
func (f *DumpFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.StringVarP(&f.output, "output", "o", "", a.T("write what is received and sent to this file, as it is", "把收到和发送的数据原样写入文件"))
	fs.StringVarP(&f.hexDump, "hex-dump", "x", "", a.T("write the same to this file as a hex dump", "以十六进制写入文件"))
	fs.BoolVar(&f.appendTo, "append-output", false, a.T("with -o and -x: append to the files", "配合 -o 和 -x：追加到文件末尾"))
}

// Open opens the files that were asked for; nil if none was. A pipe is waited for, until somebody
// reads it or a signal comes.
func (f *DumpFlags) Open(a *Terminal) (*dumpWriter, error) {
	d := &dumpWriter{}
	for _, file := range []struct {
		path string
		out  **dumpFile
	}{{f.output, &d.plain}, {f.hexDump, &d.hex}} {
		if file.path == "" {
			continue
		}
		how := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		if f.appendTo {
			how = os.O_WRONLY | os.O_CREATE | os.O_APPEND
		}
		opened := make(chan *os.File, 1)
		err := a.interruptible(func() error {
			out, err := recording.OpenDump(file.path, how)
			if err != nil {
				return writeError(file.path, err)
			}
			opened <- out
			return nil
		})
		if err != nil {
			d.close()
			return nil, err
		}
		out := <-opened
		*file.out = &dumpFile{file.path, out, bufio.NewWriter(out)}
	}
	if d.plain == nil && d.hex == nil {
		return nil, nil
	}
	return d, nil
}

// writeError explains why a file cannot be written.
func writeError(path string, err error) error {
	e := sockeye.ErrorOf(FileError("write", path, err))
	if e.Kind == sockeye.AccessDenied && e.Err != nil {
		e.Message = sockeye.Text{En: "not allowed to write it", Zh: "没有写入权限"}
	}
	return e
}

// dumpWriter writes the bytes of each event to files. It belongs to one goroutine.
type dumpWriter struct {
	plain, hex *dumpFile
	last       uint64 // the last event that was written
	line       []byte
}

type dumpFile struct {
	path string
	file *os.File
	out  *bufio.Writer
}

// add writes an event, once.
func (d *dumpWriter) add(e sockeye.Event) error {
	if d == nil || e.Seq <= d.last || e.Kind != sockeye.Received && e.Kind != sockeye.Sent {
		return nil
	}
	d.last = e.Seq
	if f := d.plain; f != nil {
		if _, err := f.out.Write(e.Data); err != nil {
			return writeError(f.path, err)
		}
	}
	if f := d.hex; f != nil {
		d.line = appendNcatDump(d.line[:0], e.Data)
		if _, err := f.out.Write(d.line); err != nil {
			return writeError(f.path, err)
		}
	}
	return nil
}

// flush brings what was added to the files.
func (d *dumpWriter) flush() error {
	if d == nil {
		return nil
	}
	for _, f := range []*dumpFile{d.plain, d.hex} {
		if f == nil {
			continue
		}
		if err := f.out.Flush(); err != nil {
			return writeError(f.path, err)
		}
	}
	return nil
}

// close ends the files.
func (d *dumpWriter) close() error {
	if d == nil {
		return nil
	}
	err := d.flush()
	for _, f := range []*dumpFile{d.plain, d.hex} {
		if f == nil {
			continue
		}
		if closeErr := f.file.Close(); err == nil && closeErr != nil {
			err = writeError(f.path, closeErr)
		}
	}
	return err
}

// appendNcatDump appends a hex dump as "ncat -x" writes it.
func appendNcatDump(dst, data []byte) []byte {
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		dst = fmt.Appendf(dst, "%04x   ", at)
		for i := range 16 {
			if i == 8 {
				dst = append(dst, ' ')
			}
			if i < len(row) {
				dst = fmt.Appendf(dst, "%02x ", row[i])
			} else {
				dst = append(dst, "   "...)
			}
		}
		dst = append(dst, ' ')
		for i := range 16 {
			switch {
			case i >= len(row):
				dst = append(dst, ' ')
			case row[i] > 0x20 && row[i] < 0x7f: // a space is a dot, too
				dst = append(dst, row[i])
			default:
				dst = append(dst, '.')
			}
		}
		dst = append(dst, '\n')
	}
	return dst
}
