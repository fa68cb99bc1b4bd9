// Package examples holds the tutorial's programs in Go, on package socket: a TCP
// client and server, the same pair over UDP and over IPv6. Each is one short
// main; start the server of a pair first, then its client:
//
//	go run ./examples/server
//	go run ./examples/client
//
// Every program takes an address as its one argument. The package itself is
// empty but for the test that builds and runs them all.
package examples
