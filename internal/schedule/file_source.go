package schedule

import (
	"io"
	"path/filepath"

	"sockeye/internal/regular"
)

// FileSource is what a run sends, byte by byte as it is.
type FileSource struct {
	Name string // for people, without a path
	Size int64
	// Data is read by several goroutines at once. It is closed when the run has ended.
	Data interface {
		io.ReaderAt
		io.Closer
	}
}

// OpenFile opens a file that can be sent: one that has an end, as no device or FIFO has.
func OpenFile(path string) (*FileSource, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &FileSource{Name: filepath.Base(path), Size: st.Size(), Data: f}, nil
}
