//go:build unix

package recording

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sockeye"
)

// asRoot is for tests that give files to other users.
func asRoot(t *testing.T) {
	t.Helper()
	switch {
	case os.Getuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatal("this test gives files to other users: run it as root")
	default:
		t.Skip("only root can give files to other users")
	}
}

// nobody is another user, by its number.
const nobody = 65534

func makeDir(t *testing.T, mode os.FileMode) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rec")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return dir
}

// T20: a directory in which others could replace what is recorded is refused, with who
// they are; what is in it stays as it is. --record-shared allows it.
func TestExposedDirectory(t *testing.T) {
	for _, c := range []struct {
		name   string
		mode   os.FileMode
		uid    int // whose it is; 0: ours
		gid    int
		reason string // "" if it is not refused
	}{
		{"our own", 0o700, 0, 0, ""},
		{"our own, others read", 0o755, 0, 0, ""},
		{"everybody's", 0o777, 0, 0, "others may write into the directory (everybody)"},
		{"everybody's, sticky as /tmp", 0o777 | os.ModeSticky, 0, 0, "others may write into the directory (everybody)"},
		{"a group's", 0o770, 0, nobody, "others may write into the directory (group "},
		{"another user's", 0o755, nobody, nobody, "belongs to another user ("},
		{"another user's alone", 0o700, nobody, nobody, "belongs to another user ("},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := makeDir(t, c.mode)
			if c.uid != 0 || c.gid != 0 {
				asRoot(t)
				if err := os.Chown(dir, c.uid, c.gid); err != nil {
					t.Fatal(err)
				}
			}
			for what, files := range map[string]FileSystem{"system": System(), "within": InRoot(filepath.Dir(dir))} {
				w, err := OpenWriter(WriteOptions{Dir: dir, Files: files})
				if c.reason == "" {
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					closeWriter(t, w)
					continue
				}
				e := sockeye.ErrorOf(err)
				if err == nil || e.Kind != sockeye.AccessDenied || e.Target != dir || !strings.Contains(e.Message.En, c.reason) ||
					!strings.Contains(e.Hint.En, "--record-shared") || !strings.Contains(e.Hint.Zh, "--record-shared") {
					t.Errorf("%s: %v", what, err)
				}
				if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
					t.Errorf("%s: in it are %v, %v", what, found, err)
				}
			}
			w, err := OpenWriter(WriteOptions{Dir: dir, Shared: true})
			if err != nil {
				t.Fatalf("allowed: %v", err)
			}
			closeWriter(t, w)
		})
	}
}

// T20: a recording of one file is refused where others could replace or remove it, as one of a
// directory is; in /tmp, where they cannot, it is not.
func TestFileInExposedDirectory(t *testing.T) {
	for name, c := range map[string]struct {
		mode   os.FileMode
		uid    int
		reason string
	}{
		"my own":            {0o700, 0, ""},
		"for everybody":     {0o777, 0, "(everybody)"},
		"as /tmp":           {0o777 | os.ModeSticky, 0, ""},
		"another user's":    {0o777, nobody, "another user"},
		"another's, sticky": {0o777 | os.ModeSticky, nobody, "another user"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeDir(t, c.mode)
			if c.uid != 0 {
				asRoot(t)
				if err := os.Chown(dir, c.uid, -1); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "y.pcapng")
			w, err := OpenWriter(WriteOptions{File: path})
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				closeWriter(t, w)
				return
			}
			if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.AccessDenied || !strings.Contains(e.Message.En, c.reason) || !strings.Contains(e.Hint.En, "--record-shared") {
				t.Fatalf("%v", err)
			}
			if _, err := os.Lstat(path); err == nil {
				t.Error("the file was made")
			}
			if w, err = OpenWriter(WriteOptions{File: path, Shared: true}); err != nil {
				t.Fatalf("allowed: %v", err)
			}
			closeWriter(t, w)
		})
	}
}

// T20: A directory that is replaced by one of another user is not recorded into from the
// next segment on.
func TestReplacedDirectory(t *testing.T) {
	asRoot(t)
	dir := makeDir(t, 0o700)
	w := openWriter(t, WriteOptions{Dir: dir, SegmentBytes: least})
	defer w.Close()
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	w.Append(&sockeye.Event{Seq: 1, Time: w.o.Now(), Kind: sockeye.Received, Data: make([]byte, least)})
	if err := w.Flush(); err == nil || sockeye.ErrorOf(err).Kind != sockeye.AccessDenied {
		t.Errorf("recording went on: %v", err)
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) > 0 {
		t.Errorf("in it are %v, %v", found, err)
	}
}

// T20: in a directory that others may write into nothing is followed, emptied or waited
// for, whatever they have put in the lock's place, also when that is allowed.
func TestPlantedLock(t *testing.T) {
	for name, plant := range map[string]func(victim, lock string) error{
		"symbolic link":     os.Symlink,
		"dangling link":     func(victim, lock string) error { return os.Symlink(victim+".none", lock) },
		"link in directory": func(_, lock string) error { return os.Symlink("theirs.pcapng", lock) },
		"hard link":         os.Link,
		"named pipe":        func(_, lock string) error { return syscall.Mkfifo(lock, 0o666) },
		"directory":         func(_, lock string) error { return os.Mkdir(lock, 0o777) },
		"another program's": func(_, lock string) error { return os.WriteFile(lock, []byte("lock of mail\n"), 0o600) },
		"a long one":        func(_, lock string) error { return os.WriteFile(lock, []byte(strings.Repeat("1", 33)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeDir(t, 0o777)
			victim, theirs := filepath.Join(t.TempDir(), "victim"), filepath.Join(dir, "theirs.pcapng")
			for _, path := range []string{victim, theirs} {
				if err := os.WriteFile(path, []byte("12"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := plant(victim, filepath.Join(dir, lockName)); err != nil {
				t.Fatal(err)
			}
			for what, files := range map[string]FileSystem{"system": System(), "within": InRoot(dir)} {
				w, err := OpenWriter(WriteOptions{Dir: dir, Files: files, Shared: true})
				if err == nil {
					w.Close()
				}
				if err == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid || sockeye.ErrorOf(err).Message.Zh == "" {
					t.Errorf("%s: %v", what, err)
				}
			}
			for _, path := range []string{victim, theirs} {
				if text, err := os.ReadFile(path); string(text) != "12" || err != nil {
					t.Errorf("%s is %q, %v", path, text, err)
				}
			}
			if _, err := os.Lstat(victim + ".none"); err == nil {
				t.Error("a file was made through the link")
			}
		})
	}
}

// T20: the reserve, a segment's name and an index that somebody planted as links lead
// nowhere, and the victim stays as it is.
func TestPlantedLinks(t *testing.T) {
	dir := makeDir(t, 0o777)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newClock()
	name := segmentName{began: stampAfter(c.Now(), nil), name: "sockeye", number: 1}.String()
	for _, planted := range []string{reserveName, indexName(name)} {
		if err := os.Symlink(victim, filepath.Join(dir, planted)); err != nil {
			t.Fatal(err)
		}
	}
	w := openWriter(t, WriteOptions{Dir: dir, Shared: true, Now: c.Now})
	write(t, w, 1, 3, "data")
	closeWriter(t, w)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := r.Summarize(t.Context(), nil); err != nil || s.Events != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.Symlink(victim, filepath.Join(dir, segmentName{began: stampAfter(c.Now(), nil), name: "sockeye", number: 9}.String())); err != nil {
		t.Fatal(err)
	}
	if r, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	if report, err := r.Verify(t.Context(), nil); err != nil || !report.Sound() {
		t.Errorf("%+v, %v", report, err)
	}
	if text, err := os.ReadFile(victim); string(text) != "mine" || err != nil {
		t.Errorf("the victim is %q, %v", text, err)
	}
}

// T20: where everybody may write, another user's link does not say where to record.
func TestLinkOfAnotherUser(t *testing.T) {
	asRoot(t)
	mine, public := makeDir(t, 0o700), makeDir(t, 0o777|os.ModeSticky)
	link := filepath.Join(public, "log")
	if err := os.Symlink(mine, link); err != nil {
		t.Fatal(err)
	}
	w := openWriter(t, WriteOptions{Dir: filepath.Join(link, "own")}) // a link of one's own is well
	closeWriter(t, w)
	if err := os.Lchown(link, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{link, filepath.Join(link, "own")} {
		w, err := OpenWriter(WriteOptions{Dir: dir})
		if err == nil {
			w.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "symbolic link of another user") {
			t.Errorf("%s: %v", dir, err)
		}
	}
	pipe := filepath.Join(public, "pipe")
	if err := os.Symlink(os.DevNull, pipe); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(pipe, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWriter(WriteOptions{File: pipe}); err == nil || !strings.Contains(err.Error(), "symbolic link of another user") {
		t.Errorf("a stream by way of their link: %v", err)
	}
}

// T19: what is recorded is for its owner alone, whatever the umask is.
func TestFileModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // nothing else runs in this package meanwhile
	dir, c := filepath.Join(t.TempDir(), "a", "b"), newClock()
	w := openWriter(t, WriteOptions{Dir: dir, Now: c.Now})
	write(t, w, 1, 3, "data")
	want := map[string]os.FileMode{".": 0o700 | os.ModeDir, "..": 0o700 | os.ModeDir, lockName: 0o600, reserveName: 0o600, names(t, dir)[0]: 0o600}
	modes(t, dir, want)
	closeWriter(t, w)
	old := c.Now().Add(-indexAfter)
	segment := names(t, dir)[0]
	if err := os.Chtimes(filepath.Join(dir, segment), old, old); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Summarize(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	modes(t, dir, map[string]os.FileMode{indexName(segment): 0o600})
	fixed := dir + "-repaired"
	if _, err := r.Repair(t.Context(), fixed, nil); err != nil {
		t.Fatal(err)
	}
	modes(t, fixed, map[string]os.FileMode{".": 0o700 | os.ModeDir, segment: 0o600})
	file := dir + ".pcapng"
	f := openWriter(t, WriteOptions{File: file})
	closeWriter(t, f)
	modes(t, filepath.Dir(dir), map[string]os.FileMode{"b.pcapng": 0o600})
}

func modes(t *testing.T, dir string, want map[string]os.FileMode) {
	t.Helper()
	for name, mode := range want {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode() != mode {
			t.Errorf("%s: %v, %v; want %v", name, st.Mode(), err, mode)
		}
	}
}

// T33: a pipe, a device or a file of the kernel is no recording, and is not waited for.
func TestNoRecording(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, os.DevNull} {
		if _, err := Open(path); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid || sockeye.ErrorOf(err).Op != "read" {
			t.Errorf("%s: %v", path, err)
		}
	}
}
