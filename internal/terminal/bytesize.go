package terminal

import (
	"strconv"

	"sockeye"
)

// ByteSizeFlag is a flag for an amount of bytes: "64MiB", "10GB", "4096".
type ByteSizeFlag struct{ n *int64 }

func (v *ByteSizeFlag) String() string {
	if v.n == nil || *v.n == 0 {
		return ""
	}
	return strconv.FormatInt(*v.n, 10)
}

func (v *ByteSizeFlag) Type() string { return "size" }

func (v *ByteSizeFlag) Set(s string) error {
	n, err := sockeye.ParseSize(s)
	if err == nil {
		*v.n = n
	}
	return err
}

// ByteSizeOf is a flag that sets n.
func ByteSizeOf(n *int64) *ByteSizeFlag { return &ByteSizeFlag{n} }
