//go:build !unix

package transport

// WriteOrdered writes all of b and then calls took: the system does not write without
// waiting here.
func WriteOrdered(c Conn, b []byte, order SendOrder, took func()) (int, error) {
	if layer, ok := c.(OrderedWriter); ok {
		return writeLayered(layer, b, order, took)
	}
	return writeThenRecord(c, b, order, took)
}
