//go:build race

package pcapng

// raceDetector says that the tests run ten times slower.
const raceDetector = true
