package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Where the page's sources are, and what is built from them and checked in.
const (
	pageSource = "web"
	pageBuilt  = "internal/webui/dist"
)

// npmLimit bounds what may wait for the registry.
const npmLimit = 10 * time.Minute

// page checks the types of the page, tests its pure modules and builds it anew: what is
// checked in must be the very same text. It comes before the tests, of which some use what npm installs.
func page(r *checkReport) {
	if why := noNode(); why != "" {
		r.skip("page", why)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), npmLimit)
	defer cancel()
	npm := func(name string, args ...string) bool {
		return r.command(command{name: name, ctx: ctx, args: append([]string{"npm", "--prefix", pageSource}, args...)})
	}
	if !npm("npm ci", "ci", "--no-audit", "--no-fund") || !npm("svelte-check", "run", "check") || !npm("vitest", "run", "test") {
		return
	}
	built, err := os.MkdirTemp("", "sockeye-page")
	if err != nil {
		r.fail("page", err.Error())
		return
	}
	defer os.RemoveAll(built)
	if !npm("vite build", "run", "build", "--", "--outDir", built) {
		return
	}
	start := time.Now()
	if different, err := differ(built, pageBuilt); err != nil {
		r.fail("page is current", err.Error())
	} else if len(different) > 0 {
		r.fail("page is current", fmt.Sprintf("these files in %s are not what %s gives; cd %[2]s && npm ci && npm run build:\n  %s",
			pageBuilt, pageSource, strings.Join(different, "\n  ")))
	} else {
		r.pass("page is current", time.Since(start))
	}
}

// noNode says why the page cannot be built here, or "".
func noNode() string {
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		return "needs Node.js: " + err.Error()
	}
	var major, minor int
	version := strings.TrimSpace(string(out))
	if _, err := fmt.Sscanf(version, "v%d.%d", &major, &minor); err != nil || major < 20 || major == 20 && minor < 19 {
		return "needs Node.js 20.19 or newer, this is " + version
	}
	return ""
}

// differ names the files that are in only one of two directories, or not the same
// in both.
func differ(one, other string) ([]string, error) {
	a, err := contents(one)
	if err != nil {
		return nil, err
	}
	b, err := contents(other)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range a {
		if text, ok := b[name]; !ok || !bytes.Equal(a[name], text) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// decompressed is what was compressed: versions of zlib may write it in different ways.
func decompressed(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func contents(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && filepath.Ext(name) == ".gz" {
			b, err = decompressed(b)
		}
		files[filepath.ToSlash(name)] = b
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is not there: %w", dir, err)
	}
	return files, err
}
