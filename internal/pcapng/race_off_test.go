//go:build !race

package pcapng

const raceDetector = false
