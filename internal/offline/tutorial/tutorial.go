// Package tutorial has the commands that teach: the words of sockets explained, the experiment
// and what TCP does shown on real sockets of this machine, and programs for the other side.
package tutorial

import (
	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

// tutorialCommands is one run of the program.
type tutorialCommands struct {
	*terminal.Terminal
	// defaultPort is the port of an address written without one.
	defaultPort func() uint16
}

// t is a text in the language of this run.
func (a *tutorialCommands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package. defaultPort is asked when one runs: then
// the configuration is known.
func Commands(x *terminal.Terminal, defaultPort func() uint16) []*cobra.Command {
	a := &tutorialCommands{x, defaultPort}
	return []*cobra.Command{a.demoCommand(), a.explainCommand(), a.codeCommand()}
}
