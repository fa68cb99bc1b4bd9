// Package boards has what a board needs of the command line: what it can measure, playing
// one that measures, keeping that running as a service, putting a program on it from the
// PC, and publishing what happens to a hub.
package boards

import (
	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

// boardCommands is one run of the program.
type boardCommands struct {
	*terminal.Terminal
}

// t is a text in the language of this run.
func (a *boardCommands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package.
func Commands(x *terminal.Terminal) []*cobra.Command {
	a := &boardCommands{x}
	return []*cobra.Command{a.sensorsCommand(), a.discoverCommand(), a.serviceCommand(), a.deployCommand()}
}
