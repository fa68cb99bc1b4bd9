package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packageFile is one that goes into packages.
type packageFile struct {
	from string // on this disk
	to   string // where it is installed
	mode os.FileMode
}

// completions are where shells look for them.
var completions = []struct{ shell, to string }{
	{"bash", "/usr/share/bash-completion/completions/sockeye"},
	{"zsh", "/usr/share/zsh/vendor-completions/_sockeye"},
	{"fish", "/usr/share/fish/vendor_completions.d/sockeye.fish"},
}

// shared are the files that are the same on every platform.
func (b *packageBuild) shared(ctx context.Context) ([]packageFile, error) {
	files := []packageFile{{"LICENSE", "/usr/share/doc/sockeye/copyright", 0o644}}
	pages, err := filepath.Glob(filepath.Join("docs", "man", "*.1"))
	if err != nil || len(pages) == 0 {
		return nil, fmt.Errorf("docs/man has no pages: run this in the folder of the module (%v)", err)
	}
	for _, page := range pages {
		packed, err := b.compressed(page)
		if err != nil {
			return nil, err
		}
		files = append(files, packageFile{packed, "/usr/share/man/man1/" + filepath.Base(packed), 0o644})
	}
	own := filepath.Join(b.work, "own") // that of this machine, to print completions
	cmd := exec.CommandContext(ctx, "go", "build", "-o", own, "./cmd/sockeye")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	for _, c := range completions {
		text, err := output(ctx, own, "--lang=en", "completion", c.shell)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(b.work, "completion."+c.shell)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			return nil, err
		}
		files = append(files, packageFile{path, c.to, 0o644})
	}
	return files, nil
}

// compressed is a man page as Debian wants it: gzip -9n.
func (b *packageBuild) compressed(page string) (string, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	w.Write(text) // into memory
	w.Close()
	to := filepath.Join(b.work, filepath.Base(page)+".gz")
	return to, os.WriteFile(to, packed.Bytes(), 0o644)
}

// nfpmVersion is the one that packs. It is no module of ours: it would bring sixty others.
const nfpmVersion = "github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2"

// nfpm makes a .deb, .rpm or .apk.
func (b *packageBuild) nfpm(ctx context.Context, p platform, format string, files []packageFile) error {
	config := filepath.Join(b.work, p.system+"-"+p.cpu+".yaml")
	if err := os.WriteFile(config, []byte(b.nfpmConfig(p, files)), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", nfpmVersion, "package", "--config", config, "--packager", format, "--target", b.out)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nfpm: %w\n%s", err, out)
	}
	return nil
}

func (b *packageBuild) nfpmConfig(p platform, files []packageFile) string {
	var s strings.Builder
	at := b.at.Format("2006-01-02T15:04:05Z")
	cpu := p.cpu
	if cpu == "arm" {
		cpu = "arm7"
	}
	fmt.Fprintf(&s, `name: sockeye
arch: %s
platform: linux
version: %q
version_schema: none
section: net
priority: optional
maintainer: "The Sockeye authors <sockeye@localhost>"
description: |
  Socket workbench: opens sockets of every kind, shows and records every byte, answers
homepage: https://localhost/sockeye
license: MIT
mtime: %s
rpm:
  buildhost: localhost
  group: Applications/Internet
contents:
`, cpu, b.version, at)
	for _, f := range files {
		fmt.Fprintf(&s, "  - {src: %q, dst: %q, file_info: {mode: %#o, mtime: %s, owner: root, group: root}}\n", f.from, f.to, f.mode, at)
	}
	return s.String()
}

// inArchive is where a file is in an archive: the program on top, pages and completions
// in folders.
func inArchive(f packageFile) string {
	switch {
	case f.mode&0o111 != 0:
		return filepath.Base(f.to)
	case strings.Contains(f.to, "/man/"):
		return "man/" + filepath.Base(f.to)
	case strings.HasSuffix(f.to, "/copyright"):
		return "LICENSE"
	}
	return "completions/" + filepath.Base(f.to)
}

// sorted are files by their place in an archive.
func sorted(files []packageFile) []packageFile {
	all := slices.Clone(files)
	slices.SortFunc(all, func(a, b packageFile) int { return strings.Compare(inArchive(a), inArchive(b)) })
	return all
}
