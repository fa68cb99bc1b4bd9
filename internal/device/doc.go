// Package device plays a board from a device file: it reads sensors at their rates, puts
// what was measured into a queue on disk for each target, and sends from there, over
// sessions of package client, so that what crosses is recorded and shown like all else.
// A target that is away costs nothing to the others; what was measured meanwhile arrives
// later, in order, with the time at which it was measured.
package device
