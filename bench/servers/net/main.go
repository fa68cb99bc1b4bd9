// Command net is the echo server that a Go programmer writes with package net: a
// goroutine and a buffer for each connection, one datagram at a time.
//
//	net tcp|udp PORT [receive]
package main

import (
	"log"
	"net"
	"net/netip"
	"os"
	"strconv"
)

func main() {
	port, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
	if os.Args[1] == "udp" {
		log.Fatal(datagrams(at))
	}
	log.Fatal(streams(at, len(os.Args) > 3))
}

func streams(at netip.AddrPort, onlyReceive bool) error {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			return err
		}
		go serve(c, onlyReceive)
	}
}

func serve(c *net.TCPConn, onlyReceive bool) {
	defer c.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if onlyReceive {
			continue
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func datagrams(at netip.AddrPort) error {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	c.SetReadBuffer(4 << 20)
	c.SetWriteBuffer(4 << 20)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return err
		}
		c.WriteToUDPAddrPort(buf[:n], from)
	}
}
