package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// packagesOf builds the packages of linux/amd64 with a version.
func packagesOf(t *testing.T, version string, more ...string) string {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1795982400")
	t.Setenv("GOFLAGS", "-buildvcs=false") // other tests may write into the tree meanwhile
	out := t.TempDir()
	if err := run(t.Context(), append([]string{"-out", out, "-version", version, "-only", "linux/amd64"}, more...)); err != nil {
		t.Fatal(err)
	}
	return out
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Built twice they are the same bytes; the sums are right; each has what it should; a .deb
// is installed, started, upgraded and removed without a trace.
func TestPackages(t *testing.T) {
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("builds packages of Linux")
	}
	t.Chdir(filepath.Join("..", "..", "..")) // where docs and cmd are
	first := packagesOf(t, "1.0.0")
	t.Run("reproducible", func(t *testing.T) {
		again := contents(t, packagesOf(t, "1.0.0"))
		for name, data := range contents(t, first) {
			if !bytes.Equal(data, again[name]) {
				t.Errorf("%s is not the same when built again", name)
			}
		}
	})
	t.Run("sums", func(t *testing.T) {
		cmd := exec.Command("sha256sum", "--check", "--strict", "--quiet", sumsFile)
		cmd.Dir = first
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if n := len(contents(t, first)); n != 6 { // three packages, an archive, a bill, the sums
			t.Errorf("%d files", n)
		}
	})
	t.Run("bill", func(t *testing.T) {
		var all bill
		if err := json.Unmarshal(contents(t, first)["sockeye-1.0.0-linux-amd64.cdx.json"], &all); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all.Components, func(c component) bool { return c.Name == "github.com/spf13/cobra" && c.Version != "" }) {
			t.Errorf("no cobra among %d components", len(all.Components))
		}
	})
	t.Run("tarball", func(t *testing.T) { checkTarball(t, filepath.Join(first, "sockeye-1.0.0-linux-amd64.tar.gz")) })
	t.Run("deb", func(t *testing.T) { checkDeb(t, first) })
}

func checkTarball(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(h.Name, "sockeye-1.0.0-linux-amd64/")] = true
	}
	for _, want := range []string{"sockeye", "LICENSE", "man/sockeye.1.gz", "man/sockeye-device.1.gz", "completions/sockeye", "completions/_sockeye", "completions/sockeye.fish"} {
		if !found[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

// one is the one file in a folder that matches.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// checkDeb does to a root of its own what apt does to a machine.
func checkDeb(t *testing.T, first string) {
	root := t.TempDir()
	admin := filepath.Join(root, "var", "lib", "dpkg")
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(admin, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(admin, "status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dpkg := func(args ...string) {
		t.Helper()
		cmd := exec.Command("dpkg", append([]string{"--root=" + root, "--force-not-root", "--force-script-chrootless", "--log=" + os.DevNull}, args...)...)
		cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("dpkg %v: %v\n%s", args, err, out)
		}
	}
	before := tree(t, root)
	dpkg("--install", one(t, first, "*.deb"))
	program := filepath.Join(root, "usr", "bin", "sockeye")
	if out, err := exec.Command(program, "demo", "--once", "--port", "0").CombinedOutput(); err != nil || !strings.Contains(string(out), "Hello 01Studio!") {
		t.Errorf("the installed program: %v\n%s", err, out)
	}
	for _, file := range []string{"share/man/man1/sockeye.1.gz", "share/bash-completion/completions/sockeye", "share/doc/sockeye/copyright"} {
		if _, err := os.Stat(filepath.Join(root, "usr", file)); err != nil {
			t.Error(err)
		}
	}
	dpkg("--install", one(t, packagesOf(t, "1.0.1", "-formats", "deb"), "*.deb"))
	if out, err := exec.Command("dpkg-query", "--admindir="+admin, "--show", "--showformat=${Version} ${Status}", "sockeye").Output(); string(out) != "1.0.1 install ok installed" {
		t.Errorf("after the upgrade: %q, %v", out, err)
	}
	dpkg("--purge", "sockeye")
	if diff := cmp.Diff(before, tree(t, root)); diff != "" {
		t.Errorf("left behind (-before +after):\n%s", diff)
	}
}

// tree is every file below a root, without dpkg's own database.
func tree(t *testing.T, root string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if d.Name() == "dpkg" && d.IsDir() {
			return fs.SkipDir
		}
		names = append(names, strings.TrimPrefix(path, root))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A program that is larger than it may be fails the build; TestPackages holds that of
// linux/amd64, which is the largest, to the limit.
func TestSize(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sockeye")
	if err := os.WriteFile(program, make([]byte, 1001), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := checkSize(program, 1001); err != nil {
		t.Error(err)
	}
	if err := checkSize(program, 1000); err == nil || !strings.Contains(err.Error(), "1001 bytes, and 1000") {
		t.Errorf("a byte too much: %v", err)
	}
}

// A version is three numbers, with a suffix or without.
func TestVersions(t *testing.T) {
	for version, want := range map[string]bool{"1.2.3": true, "0.0.0~20261129.abc": true, "1.2.3-rc1": true, "1.2": false, "1.2.3; rm": false, "$(x)": false} {
		if got := versionForm.MatchString(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}
