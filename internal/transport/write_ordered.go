package transport

// writeLayered writes all of b with what a layer has for it.
func writeLayered(c OrderedWriter, b []byte, order SendOrder, took func()) (int, error) {
	left := len(b)
	return c.WriteOrdered(b, order, func(piece []byte) {
		if left -= len(piece); left == 0 {
			took()
		}
	})
}

// writeThenRecord writes all of b and then calls took. An answer may be read in between.
func writeThenRecord(c Conn, b []byte, order SendOrder, took func()) (int, error) {
	n, err := c.Write(b)
	if n == len(b) {
		order.Step(took)
	}
	return n, err
}
