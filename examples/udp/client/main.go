// Client is the board over UDP: it sends one message, prints the answer and
// leaves. A message can get lost on the way, so it does not wait for ever.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"sockeye/socket"
)

func main() {
	address := append(os.Args, "127.0.0.1:10000")[1] // the argument, or else this

	s, err := socket.New(socket.AF_INET, socket.SOCK_DGRAM)
	check(err)
	s.SetTimeout(5 * time.Second)
	_, err = s.SendTo([]byte("Hello 01Studio!"), address)
	check(err)
	text, addr, err := s.RecvFrom(1500)
	check(err)
	fmt.Printf("%v: %q\n", addr, text)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
