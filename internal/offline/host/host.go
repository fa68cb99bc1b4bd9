// Package host has the commands about this machine and its way to others: its addresses, serial
// ports and certificate authority, what a name means, and why a connection does not work.
package host

import (
	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

// hostCommands is one run of the program.
type hostCommands struct {
	*terminal.Terminal
	// defaultPort is the port of an address written without one.
	defaultPort func() uint16
}

// t is a text in the language of this run.
func (a *hostCommands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package. defaultPort is asked when one runs: then
// the configuration is known.
func Commands(x *terminal.Terminal, defaultPort func() uint16) []*cobra.Command {
	a := &hostCommands{x, defaultPort}
	return []*cobra.Command{a.addrsCommand(), a.portsCommand(), a.resolveCommand(), a.caCommand(), a.doctorCommand()}
}
