package terminal

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
)

// InterfaceNames are the completions of an argument that is a network interface.
func InterfaceNames() (names []cobra.Completion) {
	all, _, _ := core.Reachable()
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// LocalAddresses are the completions of an argument that is an address of this machine.
func LocalAddresses() (addresses []cobra.Completion) {
	all, _, _ := core.Reachable()
	for _, i := range all {
		for _, at := range i.Addresses {
			addresses = append(addresses, cobra.CompletionWithDesc(at.Addr().String(), i.Name))
		}
	}
	return addresses
}

// Addresses are the completions of an argument that is an address: the schemes, and after a scheme
// whose addresses are paths, sockets and directories.
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

// socketPaths returns the sockets and directories that can continue a path.
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
