// Client is the tutorial's program over IPv6: all that differs is the family of
// the socket and the way the address is written.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"sockeye/socket"
)

func main() {
	address := append(os.Args, "[::1]:10000")[1] // the argument, or else this

	s, err := socket.New(socket.AF_INET6, socket.SOCK_STREAM)
	check(err)
	check(s.Connect(address))
	_, err = s.SendAll([]byte("Hello 01Studio!"))
	check(err)

	for {
		text, err := s.Recv(128) // at most 128 bytes at a time
		if err == io.EOF {
			return
		}
		check(err)
		fmt.Printf("%q\n", text)
		_, err = s.SendAll(text)
		check(err)
		time.Sleep(100 * time.Millisecond)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
