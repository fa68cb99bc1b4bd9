package payload

import "math"

// bytesPerLine is how many bytes a line of a hex dump shows.
const bytesPerLine = 16

// AppendHexdump appends data as hexdump -C and Wireshark show it, sixteen bytes
// a line, each line ended by \n:
//
//	00000000  48 65 6c 6c 6f 20 30 31  53 74 75 64 69 6f 21 0a  |Hello 01Studio!.|
//
// offset is the number of the first byte; indent stands before every line and is
// appended as it is. Equal lines are not left out, and no data is no lines. It
// allocates nothing when dst has room.
func AppendHexdump(dst, data []byte, offset uint64, indent string) []byte {
	digits := offsetDigits(offset, len(data))
	for len(data) > 0 {
		line := data[:min(bytesPerLine, len(data))]
		dst = append(dst, indent...)
		for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
			dst = append(dst, hexDigits[offset>>shift&15])
		}
		dst = appendHexColumn(dst, line)
		dst = append(dst, "  |"...)
		for _, b := range line {
			if b < ' ' || b > '~' {
				b = '.'
			}
			dst = append(dst, b)
		}
		dst = append(dst, "|\n"...)
		data = data[len(line):]
		offset += uint64(len(line))
	}
	return dst
}

// appendHexColumn appends the bytes of a line, padded to the width of a full one.
func appendHexColumn(dst, line []byte) []byte {
	for i := range bytesPerLine {
		if i%(bytesPerLine/2) == 0 {
			dst = append(dst, ' ')
		}
		if i < len(line) {
			dst = append(dst, ' ', hexDigits[line[i]>>4], hexDigits[line[i]&15])
		} else {
			dst = append(dst, "   "...)
		}
	}
	return dst
}

// offsetDigits is the width of the offsets of one dump, the same for all lines.
func offsetDigits(offset uint64, length int) int {
	if offset > math.MaxUint32 || offset+uint64(length) > math.MaxUint32+1 {
		return 16
	}
	return 8
}
