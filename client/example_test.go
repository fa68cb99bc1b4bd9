package client_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"sockeye"
	"sockeye/client"
)

// A server that answers each line it receives, in this program alone.
func Example_server() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := client.New(client.LocalOptions{})
	defer c.Close()

	at, _ := sockeye.ParseAddress("127.0.0.1:0")
	server, err := c.Open(ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, nil)
	if err != nil {
		log.Fatal(err)
	}
	go board(address(ctx, c, server.ID), "temperature?\n") // somebody who asks

	for e, err := range c.Events(ctx, client.EventOptions{Session: server.ID}) {
		if err != nil {
			log.Fatal(err)
		}
		switch e.Kind {
		case sockeye.Received: // e.Data is lent until the next event: clone it to keep it
			fmt.Printf("received %q\n", e.Data)
			if _, err := c.Send(ctx, server.ID, []byte("21.5\n"), e.Peer.ID); err != nil {
				log.Fatal(err)
			}
		case sockeye.Sent:
			fmt.Printf("sent %q\n", e.Data)
		case sockeye.Left:
			return
		}
	}
	// Output:
	// received "temperature?\n"
	// sent "21.5\n"
}

// Send to a board, and wait for what it must answer.
func ExampleClient_expect() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := client.New(client.LocalOptions{})
	defer c.Close()

	to, err := sockeye.ParseAddress(modem())
	if err != nil {
		log.Fatal(err)
	}
	session, err := c.Open(ctx, sockeye.Endpoint{Mode: sockeye.Connect, Address: to}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range []struct{ send, expect string }{{"AT\r\n", "OK\r\n"}, {"AT+GMR\r\n", "v2\r\n"}} {
		if _, err := c.Send(ctx, session.ID, []byte(step.send)); err != nil {
			log.Fatal(err)
		}
		m, err := c.Expect(ctx, session.ID, []byte(step.expect))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q: %q\n", step.send, m.Data)
	}
	// Output:
	// "AT\r\n": "OK\r\n"
	// "AT+GMR\r\n": "version v2\r\n"
}

// Use the workbench that runs already: what is opened here is in its page, too, and
// stays open when this program ends.
func ExampleAttach() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	home := runWorkbench() // sockeye ui
	c, err := client.Attach(ctx, &client.AttachOptions{Getenv: home})
	if err != nil {
		log.Fatal(err) // open workbench: no workbench is running
	}
	defer c.Close()

	at, _ := sockeye.ParseAddress("udp://127.0.0.1:0")
	if _, err := c.Open(ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, &client.OpenOptions{Echo: true}); err != nil {
		log.Fatal(err)
	}
	sessions, err := c.Sessions(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range sessions {
		fmt.Println(s.ID, s.Endpoint.Mode, s.Endpoint.Address, s.State)
	}
	// Output:
	// s1 listen udp://127.0.0.1:0 open
}

// address is where a server of a session is bound.
func address(ctx context.Context, c client.Client, session string) string {
	sessions, err := c.Sessions(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range sessions {
		if s.ID == session {
			return s.Locals[0].String()
		}
	}
	return ""
}

// board asks once, reads the answer, and goes.
func board(address, question string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, question)
	conn.Read(make([]byte, 100))
}
