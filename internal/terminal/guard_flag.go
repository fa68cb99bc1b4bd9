package terminal

import (
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/workspace"
)

// GuardFlag is a flag with the words that lift guards.
type GuardFlag struct{ Words []string }

func (f *GuardFlag) Register(a *Terminal, fs *pflag.FlagSet) {
	fs.Var(WordsOf(&f.Words), "lift-guard", a.T("echo without a guard: storm, amplify, low-ports", "回传时不启用的防护：storm、amplify、low-ports"))
}

func (f *GuardFlag) Allowed() (rule.Allowed, error) {
	allow, err := workspace.Allowed(f.Words)
	if err != nil {
		e := sockeye.ErrorOf(err)
		return allow, Usage("--lift-guard", e.Message, e.Hint)
	}
	return allow, nil
}
