// Command sockeye is the socket workbench: an eye on every socket.
package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"sockeye/internal/cli"
)

func main() {
	if runtime.GOMAXPROCS(0) == 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2) // a loop of wire may keep one to itself: let the system share the processor out
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(cli.Run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}, signals))
}
