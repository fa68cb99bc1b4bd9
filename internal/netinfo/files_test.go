package netinfo

import (
	"testing"
	"testing/fstest"
)

// How many files a process has open, and may have, is read from /proc; no limit and no such
// process are told apart.
func TestFilesOf(t *testing.T) {
	proc := fstest.MapFS{
		"7/limits": {Data: []byte("Limit                     Soft Limit           Hard Limit           Units     \nMax processes             95000                95000                processes \nMax open files            2                    4096                 files     \n")},
		"7/fd/0":   {}, "7/fd/3": {},
		"8/limits": {Data: []byte("Max open files            unlimited            unlimited            files\n")},
		"8/fd/0":   {},
	}
	if u := filesOf(proc, 7); u != (FileUse{2, 2}) || !u.Spent() {
		t.Errorf("%+v", u)
	}
	if u := filesOf(proc, 8); u != (FileUse{1, 0}) || u.Spent() {
		t.Errorf("without a limit: %+v", u)
	}
	if u := filesOf(proc, 9); u != (FileUse{}) {
		t.Errorf("of nobody: %+v", u)
	}
}

// Whatever stands in a table of limits, the number of files is not negative.
func FuzzParseFileLimit(f *testing.F) {
	f.Add([]byte("Max open files            1024                 4096                 files\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if parseFileLimit(text) < 0 {
			t.Error("less than nothing")
		}
	})
}
