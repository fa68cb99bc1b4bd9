// Package offline has the commands that need no workbench. Its own read recordings and
// workspaces, and put load on a target; its folders have those about this machine, about the
// bytes of a message, and those that teach.
package offline

import (
	"slices"

	"github.com/spf13/cobra"

	"sockeye/internal/offline/codec"
	"sockeye/internal/offline/host"
	"sockeye/internal/offline/tutorial"
	"sockeye/internal/terminal"
)

// commands is one run of the program.
type commands struct {
	*terminal.Terminal
}

// t is a text in the language of this run.
func (a *commands) t(en, zh string) string { return a.T(en, zh) }

// Commands are the commands of this package and of its folders. defaultPort is the port of an
// address written without one; it is asked when one runs: then the configuration is known.
func Commands(x *terminal.Terminal, defaultPort func() uint16) []*cobra.Command {
	a := &commands{x}
	own := []*cobra.Command{a.ruleCommand(), a.logCommand(), a.fieldsCommand(), a.plotCommand()}
	return slices.Concat(own, host.Commands(x, defaultPort), codec.Commands(x), tutorial.Commands(x, defaultPort))
}
