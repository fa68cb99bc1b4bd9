package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// crowdMain is a program of the tests: many connections to an echoing server, from
// one source address. It makes them all, says "here"; for each line of input every
// connection speaks and is answered, then it says "answered"; at the end of input
// it closes them all in good order. Whatever else happens ends it with code 1.
//
//	crowd ADDRESS SOURCE COUNT
func crowdMain() {
	count, err := strconv.Atoi(os.Args[3])
	die(err)
	dialer := net.Dialer{Timeout: 3 * patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(os.Args[2])}}
	conns := make([]net.Conn, count)
	each(conns, func(c *net.Conn) {
		var err error
		*c, err = dialer.Dial("tcp", os.Args[1])
		die(err)
		speak(*c, "hello")
	})
	fmt.Println("here")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		each(conns, func(c *net.Conn) { speak(*c, input.Text()) })
		fmt.Println("answered")
	}
	each(conns, func(c *net.Conn) {
		die((*c).(*net.TCPConn).CloseWrite())
		if n, err := (*c).Read(make([]byte, 1)); err != io.EOF {
			die(fmt.Errorf("after our FIN: %d bytes, %v; want FIN", n, err))
		}
		die((*c).Close())
	})
}

// each does something to every connection, with few goroutines.
func each(conns []net.Conn, do func(*net.Conn)) {
	var work sync.WaitGroup
	const workers = 32
	for w := range workers {
		work.Go(func() {
			for n := w; n < len(conns); n += workers {
				do(&conns[n])
			}
		})
	}
	work.Wait()
}

// speak says a word and hears it back.
func speak(c net.Conn, word string) {
	c.SetDeadline(time.Now().Add(3 * patience))
	word += " " + c.LocalAddr().String()
	_, err := io.WriteString(c, word)
	die(err)
	back := make([]byte, len(word))
	_, err = io.ReadFull(c, back)
	die(err)
	if string(back) != word {
		die(errors.New("said " + word + ", heard " + string(back)))
	}
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
