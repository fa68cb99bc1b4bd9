package cli

import (
	"sockeye"
	"sockeye/internal/boards"
	"sockeye/internal/terminal"
)

// viewFlags say where what happens is shown: on the terminal, in a recording, in a page,
// and at a hub.
type viewFlags struct {
	terminal.DisplayFlags
	terminal.RecordFlags
	pageFlags
	boards.HubFlags
}

// begin opens these views, before the session of an endpoint is opened; typing says
// whether a person may type to it.
func (f *viewFlags) begin(a *app, show terminal.OutputFormat, typing bool, ep sockeye.Endpoint) (*terminal.Runner, error) {
	if err := f.HubFlags.Prepare(a.Terminal, &f.RecordFlags); err != nil {
		return nil, err
	}
	l, err := a.Start(show, &f.DisplayFlags, typing, &f.RecordFlags, ep)
	if err != nil {
		return nil, err
	}
	return l, f.serve(a, l)
}

// serve lets the page and the hub see what a command shows. It ends the command if it fails.
func (f *viewFlags) serve(a *app, l *terminal.Runner) error {
	if err := f.HubFlags.Start(a.Terminal, l); err != nil {
		return l.Finish(err)
	}
	if err := f.pageFlags.start(a, l); err != nil {
		return l.Finish(err)
	}
	return nil
}
