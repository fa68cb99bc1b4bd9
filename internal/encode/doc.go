// Package encode makes requests of protocols out of what a person fills in: a form of
// named fields in, a payload out, which is sent, kept and repeated like any other that was
// typed. An encoder is one entry in the list of All; the page draws its form from it, and
// the API and the command line read the same fields.
//
//	e, _ := encode.Named("modbus-rtu")
//	p, err := e.Encode(map[string]string{"function": "3", "address": "107", "count": "3"})
//	// p.Text is "01 03 00 6b 00 03 {{crc16modbus}}"
//
// What it writes, the decoder of the same name reads. It sends nothing, and knows no
// session.
package encode
