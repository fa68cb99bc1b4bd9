// Command gnet is an echo server on github.com/panjf2000/gnet, an event loop for
// Go.
//
//	gnet tcp|udp PORT [receive]
package main

import (
	"log"
	"os"

	"github.com/panjf2000/gnet/v2"
)

type server struct {
	gnet.BuiltinEventEngine
	onlyReceive bool
}

// OnTraffic takes what has come, and sends it back.
func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	if s.onlyReceive {
		c.Discard(-1)
		return gnet.None
	}
	data, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	if _, err := c.Write(data); err != nil {
		return gnet.Close
	}
	return gnet.None
}

func main() {
	s := &server{onlyReceive: len(os.Args) > 3}
	options := []gnet.Option{gnet.WithReadBufferCap(64 << 10)}
	if os.Args[1] == "udp" {
		options = append(options, gnet.WithSocketRecvBuffer(4<<20), gnet.WithSocketSendBuffer(4<<20))
	}
	log.Fatal(gnet.Run(s, os.Args[1]+"://127.0.0.1:"+os.Args[2], options...))
}
