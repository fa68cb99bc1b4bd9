package main

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// load is what a server is put under: connections that each send messages of one
// size, and, if they are echoed, wait for one before the next.
type load struct {
	connections, size int
	echo              bool
}

// result is what a load achieved.
type result struct {
	PerSecond float64 `json:"per_second"` // messages
	Sent      uint64  `json:"sent"`       // bytes
}

// run puts the load on a server for a time and prints the result.
func (l load) run(address string, each time.Duration) error {
	var sent atomic.Uint64
	var running sync.WaitGroup
	failures := make(chan error, l.connections)
	began := time.Now()
	for range l.connections {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		running.Go(func() {
			n, err := l.one(c.(*net.TCPConn), began.Add(each))
			sent.Add(n)
			if err != nil {
				failures <- err
			}
		})
	}
	running.Wait()
	took := time.Since(began)
	select {
	case err := <-failures:
		return err
	default:
	}
	r := result{PerSecond: float64(sent.Load()) / float64(l.size) / took.Seconds(), Sent: sent.Load()}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// one drives one connection until a moment, then closes it in good order, so that
// the server has read everything.
func (l load) one(c *net.TCPConn, until time.Time) (sent uint64, err error) {
	defer c.Close()
	message, answer := make([]byte, l.size), make([]byte, l.size)
	for n := 0; ; n++ {
		if n%16 == 0 && time.Now().After(until) {
			break
		}
		if _, err := c.Write(message); err != nil {
			return sent, err
		}
		sent += uint64(l.size)
		if l.echo {
			if _, err := io.ReadFull(c, answer); err != nil {
				return sent, err
			}
		}
	}
	if err := c.CloseWrite(); err != nil {
		return sent, err
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, err = io.Copy(io.Discard, c)
	return sent, err
}
