package terminal

import (
	"strconv"

	"sockeye"
)

// ByteSize is a flag for an amount of bytes: "64MiB", "10GB", "4096".
type ByteSize struct{ n *int64 }

func (v *ByteSize) String() string {
	if v.n == nil || *v.n == 0 {
		return ""
	}
	return strconv.FormatInt(*v.n, 10)
}

func (v *ByteSize) Type() string { return "size" }

func (v *ByteSize) Set(s string) error {
	n, err := sockeye.ParseSize(s)
	if err == nil {
		*v.n = n
	}
	return err
}

// ByteSizeOf is a flag that sets n.
func ByteSizeOf(n *int64) *ByteSize { return &ByteSize{n} }
