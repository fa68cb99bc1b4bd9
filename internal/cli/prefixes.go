package cli

import (
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/terminal"
)

// prefixes is a flag for IP addresses and ranges of them. It may be given several
// times, and takes several with commas between them.
type prefixes struct{ list *[]netip.Prefix }

func (v *prefixes) String() string {
	if v.list == nil {
		return ""
	}
	var all []string
	for _, p := range *v.list {
		all = append(all, sockeye.PrefixText(p))
	}
	return strings.Join(all, ",")
}

func (v *prefixes) Type() string { return "prefixes" }

func (v *prefixes) Set(s string) error {
	list, err := sockeye.ParsePrefixes([]string{s})
	*v.list = append(*v.list, list...)
	return err
}

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
