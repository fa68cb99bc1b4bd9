package doctor

import (
	"context"
	"os/exec"
)

// read asks for the state of the application firewall. The system has no interface for it
// but its own tool, which every user may run.
func (w *Firewall) read(ctx context.Context, _ *Facts, in bool) {
	ctx, cancel := context.WithTimeout(ctx, rulesTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate").Output()
	if err != nil {
		return
	}
	if state, ok := parseMacFirewall(string(out)); ok {
		w.applyMac(state, in)
	}
}
