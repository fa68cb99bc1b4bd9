// Command sockeye is the socket workbench: an eye on every socket.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"sockeye/internal/cli"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(cli.Run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}, signals))
}
