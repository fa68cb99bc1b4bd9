package terminal

import (
	"testing"
)

// A size is typed with or without a unit of either kind, and what is no size leaves the value as
// it was.
func TestByteSize(t *testing.T) {
	for _, c := range []struct {
		typed string
		want  int64
	}{
		{"0", 0}, {"4096", 4096}, {"64MiB", 64 << 20}, {"64M", 64 << 20}, {"1.5k", 1536}, {"10GB", 10e9}, {"2 GiB", 2 << 30}, {"7b", 7},
	} {
		var n int64
		if err := (&ByteSizeFlag{&n}).Set(c.typed); err != nil || n != c.want {
			t.Errorf("%q: %d, %v", c.typed, n, err)
		}
	}
	for _, typed := range []string{"", "MiB", "-1", "1e9", "5 apples", "9999999TiB", "1.2.3", "NaN"} {
		n := int64(7)
		if err := (&ByteSizeFlag{&n}).Set(typed); err == nil || n != 7 {
			t.Errorf("%q: %d, %v", typed, n, err)
		}
	}
}
