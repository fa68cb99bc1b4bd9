package cli

import (
	"strings"
	"testing"
)

// Every checksum is tried in every place: what is no frame is refused at once.
func TestCRCFindBoundsFrames(t *testing.T) {
	refuse(t, "HEX 2: has 16385 bytes; a frame has at most 16384", "crc", "find", "00 01", strings.Repeat("00", 16<<10+1))
}
