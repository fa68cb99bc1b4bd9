// Package offline has the commands that need no workbench: they read recordings and
// workspaces, say what bytes, names and this machine's addresses are, find why a
// connection does not work, and put load on a target.
package offline

import (
	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

// commands is one run of the program.
type commands struct {
	*terminal.Terminal
	// defaultPort is the port of an address written without one.
	defaultPort func() uint16
}

// t is a text in the language of this run.
func (a *commands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package. defaultPort is asked when one runs: then
// the configuration is known.
func Commands(x *terminal.Terminal, defaultPort func() uint16) []*cobra.Command {
	a := &commands{x, defaultPort}
	return []*cobra.Command{a.addrsCommand(), a.codeCommand(), a.portsCommand(), a.resolveCommand(), a.ruleCommand(), a.logCommand(), a.payloadCommand(), a.crcCommand(), a.fieldsCommand(), a.decodeCommand(), a.encodeCommand(), a.plotCommand(), a.caCommand(), a.doctorCommand(), a.explainCommand()}
}
