package transport

import (
	"os"
	"runtime"
	"sync"
)

// EnsureTwoProcs lets the system share a single processor out between who reads many
// sockets or datagrams in one go, and keeps what Go calls a processor to itself
// meanwhile, and everybody else.
var EnsureTwoProcs = sync.OnceFunc(func() {
	if runtime.GOMAXPROCS(0) == 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2)
	}
})
