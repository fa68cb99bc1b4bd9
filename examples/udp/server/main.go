// Server is the PC over UDP: there is no connection, so every message comes with
// the address of its sender, and is sent back there.
package main

import (
	"fmt"
	"log"
	"os"

	"sockeye/socket"
)

func main() {
	address := append(os.Args, "127.0.0.1:10000")[1] // the argument, or else this

	s, err := socket.New(socket.AF_INET, socket.SOCK_DGRAM)
	check(err)
	check(s.Bind(address))
	fmt.Println("listening on", s.LocalAddr())

	for {
		text, addr, err := s.RecvFrom(1500)
		check(err)
		fmt.Printf("%v: %q\n", addr, text)
		_, err = s.SendTo(text, addr.String())
		check(err)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
