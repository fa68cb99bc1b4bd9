// Package framing cuts byte streams into frames: where TCP glued messages
// together or tore them apart, a Spec says how to find them again. A frame is a
// view, computed from what was recorded, and can be computed anew with another
// Spec at any time.
//
// A Framer cuts one direction of one peer, piece by piece as the bytes come; a
// Splitter does that for all peers of a run of events. The frames do not depend
// on how the stream was chopped into pieces, except where the Spec asks for just
// that (none, idle). What is no frame is not dropped: it comes out marked.
//
// The package reads no clock; idle gaps are those of the recorded times.
package framing
