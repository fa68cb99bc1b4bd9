package terminal

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
)

// InterfaceNames are what a shell is offered where a network interface is wanted.
func InterfaceNames() (names []cobra.Completion) {
	all, _, _ := core.Reachable()
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// LocalAddresses are what a shell is offered where an address of this machine is wanted.
func LocalAddresses() (addresses []cobra.Completion) {
	all, _, _ := core.Reachable()
	for _, i := range all {
		for _, at := range i.Addresses {
			addresses = append(addresses, cobra.CompletionWithDesc(at.Addr().String(), i.Name))
		}
	}
	return addresses
}

// Addresses are what a shell is offered where an address is wanted: the schemes, and
// after one whose addresses are paths, sockets and the directories they may be in.
func Addresses(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	scheme, path, found := strings.Cut(typed, "://")
	if found && sockeye.Network(scheme).Traits() != (sockeye.Traits{}) && !sockeye.Network(scheme).Traits().IP {
		return socketPaths(scheme+"://", path), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	var all []cobra.Completion
	for _, n := range sockeye.Networks() {
		if s := string(n) + "://"; strings.HasPrefix(s, typed) && !found {
			all = append(all, s)
		}
	}
	return all, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// socketPaths are the sockets and directories that a path may go on with.
func socketPaths(before, path string) (all []cobra.Completion) {
	dir, name := filepath.Split(path)
	entries, _ := os.ReadDir(filepath.Join(".", dir))
	if filepath.IsAbs(path) {
		entries, _ = os.ReadDir(dir)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name) || strings.ContainsAny(e.Name(), "\n\t") {
			continue
		}
		switch {
		case e.IsDir():
			all = append(all, before+dir+e.Name()+"/")
		case e.Type()&os.ModeSocket != 0:
			all = append(all, before+dir+e.Name())
		}
	}
	return all
}
