package sensor

import (
	"context"
	"io"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"

	"sockeye/internal/payload"
)

// maxText bounds what is read of a file or a command: more is no measurement.
const maxText = 64 << 10

// quote makes text that came from elsewhere safe and short enough for an error.
func quote(text string) string { return payload.Quote(strings.TrimSpace(text), 40) }

// text reads a small file below the root.
func (m *Hardware) text(name string) (string, error) {
	f, err := m.files.Open(name)
	if err != nil {
		return "", unreadable(m.place(name), err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return "", unreadable(m.place(name), err)
	}
	return string(b), nil
}

// label is the first line of a file, or "".
func (m *Hardware) label(name string) string {
	text, err := m.text(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}

// number reads a file that holds one number and nothing else.
func (m *Hardware) number(name string) (float64, error) {
	text, err := m.text(name)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, noNumber(m.place(name), text)
	}
	return v, nil
}

// glob gives the names that match, sorted; a folder that is not there has none.
func (m *Hardware) glob(pattern string) []string {
	names, _ := fs.Glob(m.files, pattern) // the patterns are ours
	return names
}

// exists reports whether a file is there.
func (m *Hardware) exists(name string) bool {
	_, err := fs.Stat(m.files, name)
	return err == nil
}

// isName reports whether a part of a path can be the name of one file.
func isName(s string) bool { return fs.ValidPath(s) && s != "." && path.Base(s) == s }

// reading is a source that is a function.
type reading struct {
	unit string
	read func(ctx context.Context) (float64, error)
}

func (r *reading) Read(ctx context.Context) (float64, error) { return r.read(ctx) }
func (r *reading) Unit() string                              { return r.unit }
func (r *reading) Close() error                              { return nil }

// scaled is a file of the kernel with a number in it, times a factor.
func (m *Hardware) scaled(name, unit string, factor float64) Source {
	return &reading{unit, func(context.Context) (float64, error) {
		v, err := m.number(name)
		return v * factor, err
	}}
}
