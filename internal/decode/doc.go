// Package decode says what a message is: a tree of named fields, each with its value and
// the bytes that it was read from. A decoder is one file and one Decoder in the list of
// All; it reads one message from the beginning of some bytes, and says how many of them
// are the message, or that more must come.
//
//	d, _ := decode.Named("modbus-tcp")
//	m, ok := d.Decode(data, decode.Hints{})
//
// Like a frame, a tree is a view: it is computed from what was recorded, and never kept
// instead of it. Everything here is pure and bounded: no message, however hostile, makes
// it panic, or take more time or memory than its length asks for.
package decode
