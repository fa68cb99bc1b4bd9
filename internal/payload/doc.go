// Package payload turns bytes into what people read and write: text with
// escapes, hex, hex dumps. Input from a person comes in through ParseText and
// ParseHex on its way to a socket; bytes from a socket go out through Printer,
// AppendSafe or AppendHexdump on their way to a screen, and can never drive it.
//
// There is one language of escapes for both ways: ParseText reads back exactly
// the bytes of whatever AppendSafe and Printer print.
//
// The functions are pure. Package payload knows nothing of peers, sessions,
// colours or files, does not cut bytes into messages, and takes all text for
// UTF-8.
package payload
