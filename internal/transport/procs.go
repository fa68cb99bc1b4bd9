package transport

import (
	"os"
	"runtime"
	"sync"
)

// EnsureTwoProcs sets GOMAXPROCS to 2 on a machine with one processor. A goroutine that reads
// many sockets or datagrams in one go keeps its P meanwhile; with a second one the system
// shares the processor between it and the other goroutines.
var EnsureTwoProcs = sync.OnceFunc(func() {
	if runtime.GOMAXPROCS(0) == 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2)
	}
})
