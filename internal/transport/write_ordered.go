package transport

import "sync"

// writeThenTell writes all of b and then calls took. An answer may be read in between.
func writeThenTell(c Conn, b []byte, order sync.Locker, took func()) (int, error) {
	n, err := c.Write(b)
	if n == len(b) {
		order.Lock()
		took()
		order.Unlock()
	}
	return n, err
}
