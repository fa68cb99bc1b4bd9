package terminal

import (
	"github.com/spf13/cobra"

	"sockeye/internal/netinfo"
)

// InterfaceNames are what a shell is offered where a network interface is wanted.
func InterfaceNames() (names []cobra.Completion) {
	all, _ := netinfo.Interfaces()
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}

// LocalAddresses are what a shell is offered where an address of this machine is wanted.
func LocalAddresses() (addresses []cobra.Completion) {
	all, _ := netinfo.Interfaces()
	for _, i := range all {
		for _, at := range i.Addresses {
			addresses = append(addresses, cobra.CompletionWithDesc(at.Addr().String(), i.Name))
		}
	}
	return addresses
}
