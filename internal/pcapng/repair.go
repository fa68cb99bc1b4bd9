package pcapng

// Bounds of mending, so that a file made to be damaged everywhere is still read
// at megabytes a second.
const (
	maxRepairBytes = 4 << 10 // bytes of a block without its packet
	maxRepairTries = 4 << 20 // bits tried in all
)

// minBlock is the length of the shortest block of ours.
const minBlock = sectionFixed + integrityOption + blockTail

// extents are the lengths that a damaged block may have, the likeliest first:
// the one it claims, and those that differ from it in one bit and stand at its
// end too.
func extents(b []byte) []int {
	if len(b) < minBlock {
		return nil
	}
	var out []int
	claimed := le.Uint32(b[4:])
	for bit := -1; bit < 32; bit++ {
		n := claimed
		if bit >= 0 {
			n ^= 1 << bit
		}
		if n&3 != 0 || n < minBlock || uint64(n) > uint64(len(b)) || n > maxBlock {
			continue
		}
		if bit < 0 || le.Uint32(b[n-4:]) == n {
			out = append(out, int(n))
		}
	}
	return out
}

// repair looks for the one bit that, put right, makes b a sound block, all but its
// packet perhaps. It leaves b so and reads it into d.frame, or leaves b as it was.
func (d *BlockDecoder) repair(b []byte) (frameFault, bool) {
	if outcome, ok := d.repairIn(b, 0, packetFixed); ok {
		return outcome, true
	}
	from := packetFixed
	if le.Uint32(b) == blockPacket {
		captured := le.Uint32(b[20:])
		if captured > maxPacket || packetFixed+int(captured) > len(b) {
			return noBlock, false
		}
		from += int(captured)
	}
	if len(b)-from > maxRepairBytes {
		return noBlock, false
	}
	return d.repairIn(b, from, len(b))
}

func (d *BlockDecoder) repairIn(b []byte, from, to int) (frameFault, bool) {
	for i := from; i < to; i++ {
		for bit := range 8 {
			if d.repairTries++; d.repairTries > maxRepairTries {
				return noBlock, false
			}
			b[i] ^= 1 << bit
			if f := d.frame.check(b); (f == intact || f == badPacket) && d.fits() {
				return f, true
			}
			b[i] ^= 1 << bit
		}
	}
	return noBlock, false
}
