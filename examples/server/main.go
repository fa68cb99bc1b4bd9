// Server is the PC of the tutorial: it waits for boards, one after the other,
// prints what each says, answers, and prints the echo.
package main

import (
	"fmt"
	"log"
	"os"

	"sockeye/socket"
)

func main() {
	address := append(os.Args, "127.0.0.1:10000")[1] // the argument, or else this

	s, err := socket.New(socket.AF_INET, socket.SOCK_STREAM)
	check(err)
	check(s.Bind(address))
	check(s.Listen(5))
	fmt.Println("listening on", s.LocalAddr())

	for {
		board, addr, err := s.Accept()
		check(err)
		hello, _ := board.Recv(128) // a board that fails is not the server's end
		fmt.Printf("%v: %q\n", addr, hello)
		board.SendAll([]byte("Hello board!"))
		echo, _ := board.Recv(128)
		fmt.Printf("%v: %q\n", addr, echo)
		board.Close()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
