package payload

import (
	"strconv"
	"strings"

	"sockeye/internal/checksum"
)

// numberForm is how a number is written: as bytes in an order, or as digits.
type numberForm struct {
	kind  formKind
	width int                // of bytes; of digits the least, 0: as many as it takes
	order checksum.ByteOrder // of bytes
}

type formKind uint8

const (
	unset formKind = iota
	decimal
	hexLower
	hexUpper
	unsigned // bytes
	packed   // two decimal digits a byte
)

// parseForm reads u8, u16be, dec, dec4, hex, HEX4, bcd2; ok is false if the word
// is none.
func parseForm(word string) (f numberForm, ok bool) {
	if digits, isUint := strings.CutPrefix(word, "u"); isUint {
		f.kind = unsigned
		switch {
		case strings.HasSuffix(digits, "be"):
			f.order = checksum.Big
		case strings.HasSuffix(digits, "le"):
			f.order = checksum.Little
		}
		bits := strings.TrimSuffix(strings.TrimSuffix(digits, "be"), "le")
		if f.order == checksum.Natural != (bits == "8") {
			return numberForm{}, false
		}
		switch bits {
		case "8", "16", "24", "32", "40", "48", "56", "64":
			n, _ := strconv.Atoi(bits)
			f.width = n / 8
			return f, true
		}
		return numberForm{}, false
	}
	for _, k := range []struct {
		name string
		kind formKind
		most int
	}{{"dec", decimal, 20}, {"hex", hexLower, 16}, {"HEX", hexUpper, 16}, {"bcd", packed, 10}} {
		digits, found := strings.CutPrefix(word, k.name)
		if !found {
			continue
		}
		f.kind = k.kind
		if digits == "" {
			return f, k.kind != packed
		}
		n, err := strconv.Atoi(digits)
		f.width = n
		return f, err == nil && n >= 1 && n <= k.most && digits[0] != '0' && digits[0] != '+'
	}
	return numberForm{}, false
}

// formList lists the forms of numbers.
const formList = "u8 u16be u16le u32be u32le u64be u64le dec dec4 hex hex4 HEX HEX4 bcd2"

func (f numberForm) String() string {
	switch f.kind {
	case unsigned:
		return "u" + strconv.Itoa(8*f.width) + f.order.String()
	case packed:
		return "bcd" + strconv.Itoa(f.width)
	case unset:
		return ""
	}
	name := map[formKind]string{decimal: "dec", hexLower: "hex", hexUpper: "HEX"}[f.kind]
	if f.width > 0 {
		name += strconv.Itoa(f.width)
	}
	return name
}

// suffix is the form after a colon, or nothing for the one that is assumed.
func (f numberForm) suffix(assumed numberForm) string {
	if f == assumed {
		return ""
	}
	return ":" + f.String()
}

// fixedSize is how many bytes any number takes, or -1 if it depends on it.
func (f numberForm) fixedSize() int {
	if f.kind == unsigned || f.kind == packed || f.width > 0 {
		return f.width
	}
	return -1
}

// textSize is how many bytes v takes.
func (f numberForm) textSize(v uint64) int {
	if n := f.fixedSize(); n >= 0 {
		return n
	}
	base := uint64(10)
	if f.kind != decimal {
		base = 16
	}
	n := 1
	for ; v >= base; v /= base {
		n++
	}
	return n
}

// put writes v into all of dst and reports whether it had room; else only the
// lowest digits are there.
func (f numberForm) put(dst []byte, v uint64) bool {
	switch f.kind {
	case unsigned:
		for i := range dst {
			shift := 8 * i
			if f.order != checksum.Little {
				shift = 8 * (len(dst) - 1 - i)
			}
			dst[i] = byte(v >> shift)
		}
		return len(dst) >= 8 || v>>(8*len(dst)) == 0
	case packed:
		for i := len(dst) - 1; i >= 0; i-- {
			dst[i] = byte(v%10 | v/10%10<<4)
			v /= 100
		}
		return v == 0
	}
	digits, base := hexDigits, uint64(16)
	if f.kind == hexUpper {
		digits = "0123456789ABCDEF"
	}
	if f.kind == decimal {
		base = 10
	}
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = digits[v%base]
		v /= base
	}
	return v == 0
}

// append appends v; what does not fit is cut at the top.
func (f numberForm) append(dst []byte, v uint64) []byte {
	at := len(dst)
	dst = appendZeros(dst, f.textSize(v))
	f.put(dst[at:], v)
	return dst
}

// fits reports whether v can be written.
func (f numberForm) fits(v uint64) bool {
	var buf [20]byte
	return f.put(buf[:f.textSize(v)], v)
}

// bytesSize is how many bytes n bytes take: as they are, or as hex digits.
func (f numberForm) bytesSize(n int) int {
	if f.kind == hexLower || f.kind == hexUpper {
		return 2 * n
	}
	return n
}

// appendBytes appends bytes as they are, or as hex digits.
func (f numberForm) appendBytes(dst []byte, b ...byte) []byte {
	digits := hexDigits
	switch f.kind {
	case hexUpper:
		digits = "0123456789ABCDEF"
	case hexLower:
	default:
		return append(dst, b...)
	}
	for _, c := range b {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}
