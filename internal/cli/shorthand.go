package cli

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye/internal/terminal"
)

// withCommand gives a command line without a command the one that ncat would mean:
// "-l PORT" is listen, "HOST PORT" and "HOST:PORT" are connect. What says a command
// already, or nothing that can be an address, stays as it is.
func (a *app) withCommand(args []string) []string {
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		done := args[1:max(1, len(args)-1)] // the last word is being typed
		return slices.Concat(args[:1], a.withCommand(done), args[1+len(done):])
	}
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") && a.isCommand(args[0]) {
		return args
	}
	root := (&app{Terminal: &terminal.Terminal{Streams: a.Streams, Lang: a.Lang}}).root()
	flags, common := flagsOfBoth(root)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	err := flags.Parse(args)
	words := flags.Args()
	if lacks, ok := errors.AsType[*pflag.ValueRequiredError](err); ok && len(words) == 0 && common.Lookup(lacks.GetFlag().Name) == nil && !flags.Changed("listen") {
		return append([]string{"connect"}, args...) // which says what the flag needs
	}
	if err != nil && len(words) == 0 && !flags.Changed("listen") {
		return args
	}
	switch {
	case len(words) > 0 && (a.isCommand(words[0]) || terminal.Nearest(words[0], commandOrder) != ""):
		return args
	case flags.Changed("listen"):
		return append([]string{"listen"}, args...)
	case len(words) == 0 && setsFlagOf(root, "connect", flags):
		return append([]string{"connect"}, args...) // which says that the host is missing
	case len(words) == 0:
		return args
	}
	meant := looksLikeAddress(words)
	flags.Visit(func(f *pflag.Flag) { meant = meant || common.Lookup(f.Name) == nil })
	if !meant {
		return args
	}
	return append([]string{"connect"}, args...)
}

// setsFlagOf reports whether one of the flags that are set is a command's own.
func setsFlagOf(root *cobra.Command, name string, set *pflag.FlagSet) (found bool) {
	for _, c := range root.Commands() {
		if c.Name() == name {
			set.Visit(func(f *pflag.Flag) {
				found = found || root.PersistentFlags().Lookup(f.Name) == nil && c.Flags().Lookup(f.Name) != nil
			})
		}
	}
	return found
}

func (a *app) isCommand(word string) bool { return slices.Contains(commandOrder, word) }

// flagsOfBoth are the flags of listen and connect in one set, and those of every command.
func flagsOfBoth(root *cobra.Command) (all, common *pflag.FlagSet) {
	all = pflag.NewFlagSet("", pflag.ContinueOnError)
	all.Usage = func() {}
	common = root.PersistentFlags()
	add := func(f *pflag.Flag) {
		if all.Lookup(f.Name) != nil {
			return
		}
		one := *f
		one.Value = anyValue(f.Value.Type())
		if one.Shorthand != "" && all.ShorthandLookup(one.Shorthand) != nil {
			one.Shorthand = "" // means a value of another name in the other command
		}
		all.AddFlag(&one)
	}
	common.VisitAll(add)
	for _, name := range []string{"connect", "listen"} {
		for _, c := range root.Commands() {
			if c.Name() == name {
				c.Flags().VisitAll(add)
			}
		}
	}
	return all, common
}

// anyValue is a flag that takes every value: what is wrong with one is for the command
// to say.
type anyValue string

func (anyValue) Set(string) error { return nil }
func (anyValue) String() string   { return "" }
func (t anyValue) Type() string   { return string(t) }

// looksLikeAddress says whether words are HOST PORT, HOST:PORT, a URL or an IP
// address, rather than a misspelt command. Whatever follows an IP address, it is none.
func looksLikeAddress(words []string) bool {
	if _, err := netip.ParseAddr(words[0]); err == nil || len(words) == 1 && strings.Contains(words[0], ":") {
		return true
	}
	return len(words) == 2 && words[1] != "" && strings.Trim(words[1], "0123456789") == ""
}
