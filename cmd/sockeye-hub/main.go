// Command sockeye-hub is where the journals of many boards come together: a NATS server
// with who may use it. "sockeye hub" starts it where it is installed beside.
package main

import (
	"os"

	"sockeye/internal/hub/server"
	"sockeye/internal/terminal"
)

func main() {
	os.Exit(server.Run(os.Args[1:], terminal.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, LookupEnv: os.LookupEnv}, terminal.Signals()))
}
