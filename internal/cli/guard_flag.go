package cli

import (
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// guardFlag is the flag with the words that lift guards.
type guardFlag struct{ words []string }

func (f *guardFlag) register(a *app, fs *pflag.FlagSet) {
	fs.Var(terminal.WordsOf(&f.words), "lift-guard", a.t("echo without a guard: storm, amplify, low-ports", "回传时不启用的防护：storm、amplify、low-ports"))
}

// guardFault names the flag in what is wrong with its words.
func guardFault(wrong []error) error {
	var all []error
	for _, err := range wrong {
		if err != nil {
			e := sockeye.ErrorOf(err)
			all = append(all, terminal.Usage("--lift-guard", e.Message, e.Hint))
		}
	}
	return terminal.Together(all...)
}
