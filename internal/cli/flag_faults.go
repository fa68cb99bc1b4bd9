package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// commandCheck tells what is wrong with a command line besides flags whose texts do not parse.
type commandCheck struct {
	before int // words that stand before the last one
	faults func(words []string) error
}

// checks has badFlags tell what else is wrong with the command line of a command. Its
// words are usually one more than before.
func (a *app) checks(cmd *cobra.Command, before int, faults func(words []string) error) {
	if a.commandChecks == nil {
		a.commandChecks = map[*cobra.Command]commandCheck{}
	}
	a.commandChecks[cmd] = commandCheck{before, faults}
}

// badFlags explains what pflag refused. It stops at the first flag that is wrong; the
// others of the command line are told with it, and so is what else is wrong with it.
func (a *app) badFlags(cmd *cobra.Command, err error) error {
	_, words, findErr := cmd.Root().Find(a.args)
	if findErr != nil {
		return a.badFlag(cmd, err)
	}
	words, told := a.withoutBadWords(cmd, words)
	mayHaveMore := len(told) > 0 // words: the value of a flag that is unknown is one
	rest := cmd.Flags().ParseAll(words, func(f *pflag.Flag, value string) error {
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			told = append(told, sockeye.SplitErrors(withHint(cmd, a.badFlag(cmd, err)))...)
		}
		return nil
	})
	if rest != nil || len(told) == 0 {
		return a.badFlag(cmd, err)
	}
	return terminal.Together(append(told, unrelated(a.otherFaults(cmd, mayHaveMore), told)...)...)
}

// otherFaults is what a command says of its flags and words. Words that may have too many
// among them say nothing: then only the options by themselves are judged.
func (a *app) otherFaults(cmd *cobra.Command, mayHaveMore bool) (faults error) {
	words := cmd.Flags().Args()
	if c, ok := a.commandChecks[cmd]; ok && (!mayHaveMore || len(words) == c.before+1) {
		return c.faults(words)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if option, ok := f.Value.(*optionFlag); ok {
			faults = option.into.asFlags(option.into.o.Check())
		}
	})
	return faults
}

// unrelated are the errors that speak of no flag that was told of, each once: one that does
// may be there only because that flag's text did not count.
func unrelated(err error, told []error) (rest []error) {
	isOutside := func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	said := map[string]bool{}
	for _, one := range told {
		if flag := sockeye.ErrorOf(one).Target; flag != "" {
			said[flag] = true
		}
	}
	for _, one := range sockeye.SplitErrors(err) {
		e := sockeye.ErrorOf(one)
		words := strings.FieldsFunc(e.Target+" "+e.Message.En+" "+e.Hint.En, isOutside)
		if !said[one.Error()] && !slices.ContainsFunc(words, func(word string) bool { return said[word] }) {
			said[one.Error()] = true
			rest = append(rest, one)
		}
	}
	return rest
}

// withoutBadWords takes away the words that are no flags of the command, or lack their
// value, and says so of each.
func (a *app) withoutBadWords(cmd *cobra.Command, words []string) (rest []string, wrong []error) {
	rest = slices.Clone(words)
	for {
		err := cmd.Flags().ParseAll(rest, func(*pflag.Flag, string) error { return nil })
		at := -1
		if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
			at = indexOfFlag(rest, e.GetSpecifiedName(), e.GetSpecifiedShortnames())
		} else if _, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
			at = len(rest) - 1
		}
		if at < 0 {
			return rest, wrong
		}
		wrong = append(wrong, a.badFlag(cmd, err))
		if e, ok := errors.AsType[*pflag.NotExistError](err); ok && onlyLetters().MatchString(e.GetSpecifiedShortnames()) {
			letters := e.GetSpecifiedShortnames()
			rest[at] = strings.TrimSuffix(rest[at], letters) + letters[1:] // the y of -yz
			continue
		}
		rest = slices.Delete(rest, at, at+1)
	}
}

// onlyLetters are short flags that stand together.
var onlyLetters = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]{2,}$`)
})

// indexOfFlag is where a flag is among words, by its name or by the short names that it is
// among; -1 if it is not found.
func indexOfFlag(words []string, name, shorts string) int {
	return slices.IndexFunc(words, func(word string) bool {
		if shorts != "" {
			return strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.HasSuffix(word, shorts)
		}
		long, _, _ := strings.Cut(word, "=")
		return long == "--"+name
	})
}

// badValue explains why a flag does not take a value.
func badValue(cmd *cobra.Command, f *pflag.Flag, value string, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, badValue(cmd, f, value, one))
		}
		return errors.Join(all...)
	}
	if own, ok := errors.AsType[*sockeye.Error](err); ok {
		out := *own
		out.Op, out.Target = "", flagName(f)
		return &out
	}
	return terminal.Usage(flagName(f), sockeye.Text{
		En: fmt.Sprintf("%q is not %s", value, typeName(f).En),
		Zh: fmt.Sprintf("%q 不是%s", value, typeName(f).Zh)}, terminal.HelpHint(cmd))
}
