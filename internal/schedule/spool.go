package schedule

import (
	"errors"
	"io"
	"os"
	"sync/atomic"

	"sockeye"
)

// MaxSpool bounds, in bytes, the files on the disk that wait to be sent.
const MaxSpool = 4 << 30

// Spool keeps files on the disk that came over the network, until they are sent. The zero
// value is empty. All methods may be called from any goroutine.
type Spool struct {
	held atomic.Int64
}

// Keep reads size bytes of a file into a temporary one, which is gone when the File is
// closed. Memory holds a small part of it. The error is an *sockeye.Error.
func (s *Spool) Keep(name string, from io.Reader, size int64) (*FileSource, error) {
	if s.held.Add(size) > MaxSpool {
		s.held.Add(-size)
		return nil, &sockeye.Error{Kind: sockeye.TooLarge, Op: "send", Target: name,
			Message: sockeye.Text{En: "the files that wait to be sent would be more than 4 GiB", Zh: "等待发送的文件合计将超过 4 GiB"},
			Hint:    sockeye.Text{En: "wait until others are sent; sockeye connect --send-file reads a file where it is", Zh: "请等其他文件发送完毕；sockeye connect --send-file 直接读取文件"}}
	}
	f, err := os.CreateTemp("", "sockeye-*.send")
	if err != nil {
		s.held.Add(-size)
		return nil, spoolError(name, err)
	}
	data := &spooled{File: f, spool: s, size: size}
	n, err := io.Copy(f, io.LimitReader(from, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		data.Close()
		return nil, spoolError(name, err)
	}
	return &FileSource{Name: name, Size: size, Data: data}, nil
}

// spooled is a temporary file.
type spooled struct {
	*os.File
	spool *Spool
	size  int64
}

// Close removes the file.
func (s *spooled) Close() error {
	s.spool.held.Add(-s.size)
	return errors.Join(s.File.Close(), os.Remove(s.File.Name()))
}

func spoolError(name string, err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "send", Target: name, Err: err,
		Hint: sockeye.Text{En: "nothing was sent; the directory for temporary files must have room for the file", Zh: "未发送任何数据；临时目录须有足够空间存放该文件"}}
}
