package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// name is that of a package without its format: sockeye-1.2.3-linux-arm64.
func (b *packageBuild) name(p platform) string {
	return "sockeye-" + b.version + "-" + p.system + "-" + p.cpu
}

// tarball makes a .tar.gz whose files lie in one folder.
func (b *packageBuild) tarball(p platform, files []packageFile) (err error) {
	out, err := os.Create(filepath.Join(b.out, b.name(p)+".tar.gz"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for _, f := range sorted(files) {
		data, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: b.name(p) + "/" + inArchive(f), Mode: int64(f.mode), Size: int64(len(data)), ModTime: b.at, Format: tar.FormatUSTAR, Uname: "root", Gname: "root"}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), packed.Close())
}

// zip makes a .zip whose files lie in one folder.
func (b *packageBuild) zip(p platform, files []packageFile) (err error) {
	out, err := os.Create(filepath.Join(b.out, b.name(p)+".zip"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := zip.NewWriter(out)
	for _, f := range sorted(files) {
		data, err := os.ReadFile(f.from)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: b.name(p) + "/" + inArchive(f), Method: zip.Deflate, Modified: b.at}
		h.SetMode(f.mode)
		to, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := to.Write(data); err != nil {
			return err
		}
	}
	return w.Close()
}

// The part of CycloneDX 1.5 that a program of Go fills in.
type (
	bill struct {
		Format      string      `json:"bomFormat"`
		SpecVersion string      `json:"specVersion"`
		Version     int         `json:"version"`
		Metadata    metadata    `json:"metadata"`
		Components  []component `json:"components"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type    string `json:"type"`
		Name    string `json:"name"`
		Version string `json:"version"`
		PURL    string `json:"purl,omitempty"`
	}
)

// writeBill writes what the program is made of, as the linker noted it.
func (b *packageBuild) writeBill(program string, p platform) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	all := bill{Format: "CycloneDX", SpecVersion: "1.5", Version: 1, Metadata: metadata{b.at.Format("2006-01-02T15:04:05Z"), component{Type: "application", Name: "sockeye", Version: b.version}}}
	all.Components = []component{{"library", "std", strings.TrimPrefix(info.GoVersion, "go"), "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		all.Components = append(all.Components, component{"library", m.Path, m.Version, "pkg:golang/" + m.Path + "@" + m.Version})
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.out, b.name(p)+".cdx.json"), append(text, '\n'), 0o644)
}

// sumsFile is what sha256sum --check reads.
const sumsFile = "SHA256SUMS"

// writeSums writes the SHA-256 of every file in a folder.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries {
		if e.IsDir() || e.Name() == sumsFile {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", h.Sum(nil), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, sumsFile), []byte(text.String()), 0o644)
}
