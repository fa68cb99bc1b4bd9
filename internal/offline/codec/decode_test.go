package codec

import (
	"io"
	"testing"

	"sockeye"
)

// zeros is an input without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// What is too long to decode is an error, not its beginning.
func TestReadToDecode(t *testing.T) {
	if b, err := readToDecode(io.LimitReader(zeros{}, 1000), "-"); err != nil || len(b) != 1000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if b, err := readToDecode(zeros{}, "-"); b != nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
