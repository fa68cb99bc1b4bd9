// Command sockeye is the socket workbench: an eye on every socket.
package main

import (
	"os"

	"sockeye/internal/cli"
	"sockeye/internal/memlimit"
	"sockeye/internal/terminal"
)

func main() {
	memlimit.Respect()
	os.Exit(cli.Run(os.Args[1:], terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, LookupEnv: os.LookupEnv}, terminal.Signals()))
}
