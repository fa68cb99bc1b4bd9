package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// addressAnnotation is how many words of a command stand before its address.
const addressAnnotation = "address"

// takesAddress says that words of a command, after so many others, are an address.
func takesAddress(cmd *cobra.Command, before int) {
	cmd.Annotations = map[string]string{addressAnnotation: strconv.Itoa(before)}
}

// badFlags explains what pflag refused. It stops at the first flag that is wrong; the
// others of the command line are told with it, and so is a wrong address.
func (a *app) badFlags(cmd *cobra.Command, err error) error {
	_, words, findErr := cmd.Root().Find(a.args)
	if findErr != nil {
		return a.badFlag(cmd, err)
	}
	words, all := a.withoutBadWords(cmd, words)
	rest := cmd.Flags().ParseAll(words, func(f *pflag.Flag, value string) error {
		if err := f.Value.Set(value); err != nil {
			all = append(all, withHint(cmd, badValue(cmd, f, value, err)))
		} else if option, ok := f.Value.(*optionFlag); ok {
			all = append(all, option.faults()...)
		}
		return nil
	})
	if rest != nil || len(all) == 0 {
		return a.badFlag(cmd, err)
	}
	return terminal.Together(append(all, addressFault(cmd))...)
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
		if e, ok := errors.AsType[*pflag.NotExistError](err); ok && onlyLetters.MatchString(e.GetSpecifiedShortnames()) {
			letters := e.GetSpecifiedShortnames()
			rest[at] = strings.TrimSuffix(rest[at], letters) + letters[1:] // the y of -yz
			continue
		}
		rest = slices.Delete(rest, at, at+1)
	}
}

// onlyLetters are short flags that stand together.
var onlyLetters = regexp.MustCompile(`^[A-Za-z0-9]{2,}$`)

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

// addressFault is what is wrong with the address of a command line, or nil. A word that a
// flag lost may stand before it: then nobody can tell.
func addressFault(cmd *cobra.Command) error {
	before, err := strconv.Atoi(cmd.Annotations[addressAnnotation])
	words := cmd.Flags().Args()
	if err != nil || len(words) != before+1 {
		return nil
	}
	_, err = sockeye.ParseAddressPort(words[before], 1)
	return err
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

// faults are what is wrong with the value that was set.
func (v *optionFlag) faults() (all []error) {
	joined, _ := v.option.Check(&v.into.o).(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, err := range joined.Unwrap() {
		e := *sockeye.ErrorOf(err)
		e.Op, e.Target = "", "--"+v.name
		all = append(all, &e)
	}
	return all
}
