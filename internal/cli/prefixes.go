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
	if len(out) == 0 && flag == "--allowfile" { // an empty list of the allowed means that everybody is
		return nil, terminal.Usage(flag, sockeye.Text{En: path + " names nobody", Zh: path + " 中没有任何地址"},
			sockeye.Text{En: "write an address or a range on each line, or leave the flag out", Zh: "请每行写一个地址或网段，或去掉该选项"})
	}
	return out, nil
}
