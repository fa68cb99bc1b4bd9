package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// faultFlag is the flag with the faults of a relay.
type faultFlag struct{ faults []string }

func (f *faultFlag) register(a *app, fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.faults, "fault", nil, a.t("what goes wrong on the way, latency 100ms 30% (again for more)", "途中的故障，如 latency 100ms 30%（可重复）"))
}

// set reads the faults; nil if there are none.
func (f *faultFlag) set(frame string) (*core.Faults, error) {
	if len(f.faults) == 0 {
		return nil, nil
	}
	set, err := core.ParseFaults(frame, f.faults)
	return set, faultsAsFlags(err)
}

// faultsAsFlags names the flags in what is wrong with faults.
func faultsAsFlags(err error) error {
	if err == nil {
		return nil
	}
	var all []error
	for _, e := range errorsIn(err) {
		named := *sockeye.ErrorOf(e)
		switch {
		case strings.HasPrefix(named.Target, "faults"):
			all = append(all, terminal.Usage("--fault", named.Message, named.Hint))
		case strings.HasPrefix(named.Target, "routes"):
			all = append(all, terminal.Usage("--upstream", named.Message, named.Hint))
		case named.Target == "for":
			all = append(all, terminal.Usage("--for", named.Message, named.Hint))
		case named.Target == "share":
			all = append(all, terminal.Usage("--share", named.Message, named.Hint))
		case named.Target == "frame":
			all = append(all, terminal.Usage("--frame", named.Message, named.Hint))
		default:
			all = append(all, e)
		}
	}
	return terminal.Together(all...)
}

// errorsIn are the errors of a joined one, or itself.
func errorsIn(err error) []error {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// completeFaults offers the kinds of faults, each with an example.
func completeFaults(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, example := range core.FaultExamples() {
		kind, _, _ := strings.Cut(example, " ")
		out = append(out, cobra.CompletionWithDesc(kind, example))
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
