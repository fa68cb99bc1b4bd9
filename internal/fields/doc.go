// Package fields reads named values out of frames: numbers and words with a unit, each
// with the bytes it was read from. Like a frame, a value is a view: it is computed from
// what was recorded, and another FieldSpec computes other values from the same bytes.
//
// A FieldSpec is one line of text. Text that describes itself needs only the name of its
// format (keys, json, influx, nmea); a list of fields chooses, renames and scales what
// it says. Binary frames are described by a list of types:
//
//	keys temp "°C", hum "%"
//	u8 id, i16be temp*0.1 "°C", f32le x, bits flags:3
//
// Everything here is pure and bounded: no frame, however hostile, makes it panic, or
// take more time or memory than its length asks for.
package fields
