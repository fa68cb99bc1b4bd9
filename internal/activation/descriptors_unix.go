//go:build unix

package activation

import (
	"os"
	"sync"
	"syscall"
)

// handedOver are the descriptors that the process was started with. They stay open, and
// programs that it starts do not get them.
var handedOver = sync.OnceValue(func() (all []*os.File) {
	for n := range count(os.Getenv, os.Getpid()) {
		syscall.CloseOnExec(firstDescriptor + n)
		all = append(all, os.NewFile(uintptr(firstDescriptor+n), "LISTEN_FDS"))
	}
	return all
})
