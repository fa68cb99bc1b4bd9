// Package webui is the page that a browser shows: the built files of web/,
// embedded, each with its type; text is compressed when the page is built.
package webui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Asset is one file of the page.
type Asset struct {
	Type string // its media type
	Body []byte
	Gzip []byte // Body compressed, or nil for fonts, which are so already
	// Lasting says that the name changes with the content.
	Lasting bool
}

// Files are the page's files by URL path; the page itself is "/".
var Files = sync.OnceValue(func() map[string]*Asset {
	files := map[string]*Asset{}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		url, compressed := strings.CutSuffix(strings.TrimPrefix(name, "dist"), ".gz")
		f := &Asset{Type: typeOf(url), Body: body, Lasting: strings.HasPrefix(url, "/assets/")}
		if compressed {
			f.Gzip = body
			if f.Body, err = decompressed(body); err != nil {
				return err
			}
		}
		if url == "/index.html" {
			url = "/"
		}
		files[url] = f
		return nil
	})
	if err != nil {
		panic("webui: " + err.Error()) // the files are in the program
	}
	return files
})

// typeOf does not ask the system, whose table a program may have changed.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	case ".png", ".ico":
		return "image/png"
	}
	return "application/octet-stream"
}

// decompressed is for those few that take no gzip.
func decompressed(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
