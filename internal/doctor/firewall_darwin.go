package doctor

import (
	"context"
	"os/exec"
	"time"
)

// read asks for the state of the application firewall. The system has no interface for it
// but its own tool, which every user may run.
func (w *Firewall) read(_ *Facts, in bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/libexec/ApplicationFirewall/socketfilterfw", "--getglobalstate").Output()
	if err != nil {
		return
	}
	if state, ok := parseMacFirewall(string(out)); ok {
		w.applyMac(state, in)
	}
}
