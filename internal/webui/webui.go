// Package webui is the page that a browser shows: the built files of web/,
// embedded, each with its type and, where it helps, compressed ahead.
package webui

import (
	"bytes"
	"compress/gzip"
	"embed"
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
	Gzip []byte // Body compressed, or nil where that is no smaller
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
		url := strings.TrimPrefix(name, "dist")
		f := &Asset{Type: typeOf(name), Body: body, Lasting: strings.HasPrefix(url, "/assets/")}
		if z := compressed(body); len(z) < len(body)*9/10 {
			f.Gzip = z
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

func compressed(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is known
	w.Write(body)
	w.Close()
	return out.Bytes()
}
