package cli

import (
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/terminal"
)

// prefixesIn reads for a flag a file with one address or range in a line, or several; a line may
// be empty, and # begins a comment.
func (f *endpointFlags) prefixesIn(flag, path string) (out []netip.Prefix, err error) {
	text, err := f.readFile(flag, path)
	if err != nil {
		return nil, terminal.FileError("open", path, err)
	}
	if path == terminal.StdinName {
		path = flag
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.Fields(line) {
			p, err := sockeye.ParsePrefix(word)
			if err != nil {
				return nil, terminal.OfFlag(err, path)
			}
			out = append(out, p)
		}
	}
	return out, nil
}
