package terminal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sockeye"
)

// Standard input that is read as a file has a bound, told with what to do.
func TestCopyStdin(t *testing.T) {
	var b bytes.Buffer
	if err := copyStdin("FILE", &b, strings.NewReader("12345"), 5); err != nil || b.String() != "12345" {
		t.Errorf("5 bytes: %q, %v", b.String(), err)
	}
	e, ok := errors.AsType[*sockeye.Error](copyStdin("FILE", io.Discard, strings.NewReader("123456"), 5))
	if !ok || e.Kind != sockeye.Invalid || e.Message.En != "standard input is larger than 5 B" || e.Message.Zh != "标准输入超过 5 B" || e.Hint.Zh == "" || e.Target != "FILE" {
		t.Errorf("6 bytes: %+v", e)
	}
	e, _ = errors.AsType[*sockeye.Error](copyStdin("FILE", io.Discard, io.MultiReader(strings.NewReader("1"), failing{}), 5))
	if e == nil || e.Op != "read" || e.Target != "stdin" {
		t.Errorf("a failing input: %+v", e)
	}
	w, err := os.OpenFile(filepath.Join(t.TempDir(), "copy"), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	e, _ = errors.AsType[*sockeye.Error](copyStdin("FILE", w, strings.NewReader("1"), 5))
	if e == nil || e.Op != "write" || !strings.Contains(e.Message.En, "copy of standard input") {
		t.Errorf("a failing copy: %+v", e)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

// The copy is private, and removed when the command has ended.
func TestStdinFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a := &Terminal{Streams: Streams{In: strings.NewReader("text")}, Ctx: t.Context()}
	path, err := a.File("FILE", "-")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm()&0o077 != 0 && filepath.Separator == '/' {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if got := a.named("read " + path + ": it"); got != "read standard input: it" {
		t.Error(got)
	}
	a.stdin.remove()
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if path, err := a.File("FILE", "./-"); path != "./-" || err != nil {
		t.Errorf("a file of that name: %q, %v", path, err)
	}
}

// At a console standard input is the console.
func TestNotConsole(t *testing.T) {
	for _, path := range []string{"-", "./-"} {
		if err := notConsole("/file", path); (err != nil) != (path == "-") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
