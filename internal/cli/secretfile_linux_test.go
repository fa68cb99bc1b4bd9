package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// T42: a private key or a password that every user may read is refused, with the command
// that mends it, before anything is opened.
func TestSecretsThatAllMayRead(t *testing.T) {
	dir := t.TempDir()
	cert, key, password := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "password")
	for _, path := range []string{cert, key, password} {
		if err := os.WriteFile(path, []byte("no certificate, but long\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"ui", "--no-browser", "--port", "0", "--workspace", filepath.Join(dir, "w.toml")}
	for _, c := range []struct {
		open string
		mode os.FileMode
		more []string
		says string
	}{
		{key, 0o644, []string{"--cert", cert, "--key", key}, "chmod 600 " + key},
		{key, 0o602, []string{"--cert", cert, "--key", key}, "(mode 0602)"},
		{key, 0o640, []string{"--cert", cert, "--key", key}, "both files are PEM"}, // the mode is right, what is in it not
		{password, 0o644, []string{"--password-file", password}, "chmod 600 " + password},
	} {
		if err := os.Chmod(c.open, c.mode); err != nil {
			t.Fatal(err)
		}
		p := run(t, "sockeye", append(args, c.more...)...)
		p.ends(2)
		if said := p.errs.String(); !strings.Contains(said, c.says) || p.out.String() != "" {
			t.Errorf("%v, %04o: %q", c.more, c.mode, said)
		}
	}
}

// T68: the workbench's memory, with tokens in it, goes into no core file, and no secret is
// in its command line or environment.
func TestNoCoreFile(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "sockeye")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cmd := command(t, "sockeye", "ui", "--no-browser", "--port", "0")
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir)
	p := start(t, cmd)
	p.prints("#t=")
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if limits := read("limits"); !regexp.MustCompile(`Max core file size +0 +0 `).MatchString(limits) {
		t.Errorf("%s", limits)
	}
	ticket := regexp.MustCompile(`#t=([\w-]{43})`).FindStringSubmatch(p.out.String())
	if ticket == nil {
		t.Fatal(p.out.String())
	}
	p.prints("Ctrl-C") // by then the state is written
	state, err := os.ReadFile(filepath.Join(dir, "sockeye", "workbench.json"))
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`"token":"([\w-]{43})"`).FindSubmatch(state)
	if token == nil {
		t.Fatal(string(state))
	}
	for _, name := range []string{"cmdline", "environ", "comm"} {
		if text := read(name); strings.Contains(text, ticket[1]) || strings.Contains(text, string(token[1])) {
			t.Errorf("a secret is in %s", name)
		}
	}
}
