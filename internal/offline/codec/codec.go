// Package codec has the commands about the bytes of one message: payloads as people type them,
// checksums, and what a protocol's decoder and encoder make of them.
package codec

import (
	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

// codecCommands is one run of the program.
type codecCommands struct {
	*terminal.Terminal
}

// t is a text in the language of this run.
func (a *codecCommands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package.
func Commands(x *terminal.Terminal) []*cobra.Command {
	a := &codecCommands{x}
	return []*cobra.Command{a.payloadCommand(), a.crcCommand(), a.decodeCommand(), a.encodeCommand()}
}
