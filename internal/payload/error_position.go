package payload

import "sockeye"

// ErrorAtColumn is the error of a typed text that is wrong at a byte offset of it, for
// the small languages that are built on this package's: an *sockeye.Error of kind
// Invalid that names the column as a person counts.
func ErrorAtColumn(typed string, at int, message, hint sockeye.Text) error {
	return (&payloadFault{at, message, hint}).in(typed)
}
