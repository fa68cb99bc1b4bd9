// Package payload turns bytes into what people read and write: text with
// escapes, hex, hex dumps. Input from a person comes in through ParseText and
// ParseHex on its way to a socket; bytes from a socket go out through Printer,
// AppendSafe or AppendHexdump on their way to a screen, and can never drive it.
//
// There is one language of escapes for both ways: ParseText reads back exactly
// the bytes of whatever AppendSafe and Printer print. Parse reads the same language
// with fields in it, {{seq}} or {{crc16modbus}}, and charsets other than UTF-8: a
// Template makes a message of them as often as one is sent.
//
// The functions are pure: time, chance and variables are passed in. Package
// payload knows nothing of sessions, colours or files, and does not cut bytes into
// messages.
package payload
