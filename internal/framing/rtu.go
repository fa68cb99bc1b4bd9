package framing

// rtu are Modbus RTU frames: address, function code, data and CRC, 4 to 256
// bytes. On a line silence ends them; TCP keeps no silence, so the length follows
// from the function code, of which request and response may have different ones,
// and the checksum decides (Modbus over Serial Line V1.02 section 2.5.1; Modbus
// Application Protocol V1.1b3 section 6).
type rtu struct{}

const (
	rtuLeast = 4
	rtuMost  = 256
)

// body is the frame without its checksum.
func (rtu) body(frame []byte, _ *[]byte) []byte { return frame[:len(frame)-2] }

// cut takes the shortest frame whose checksum is right.
func (rtu) cut(b []byte, _ int) (int, Mark) {
	if len(b) < 2 {
		return 0, Whole
	}
	shapes := rtuShapes(b[1])
	if shapes == nil {
		return -1, Whole
	}
	best, wait := 0, false
	for _, s := range shapes {
		if s.any {
			return cutAnyRTU(b)
		}
		n, known := s.length(b)
		switch {
		case !known, n > len(b) && n <= rtuMost:
			wait = true
		case n <= len(b) && n <= rtuMost && (best == 0 || n < best) && crcModbus(b[:n]) == 0:
			best = n
		}
	}
	if best == 0 && !wait {
		return -1, Whole
	}
	return best, Whole
}

// cutAnyRTU tries every length.
func cutAnyRTU(b []byte) (int, Mark) {
	crc := uint16(0xFFFF)
	for n, c := range b[:min(len(b), rtuMost)] {
		crc = crc>>8 ^ modbusTable[byte(crc)^c]
		if crc == 0 && n+1 >= rtuLeast {
			return n + 1, Whole
		}
	}
	if len(b) < rtuMost {
		return 0, Whole
	}
	return -1, Whole
}

// rtuShape says how long a frame is: base bytes, and as many more as the byte (or
// with wide, the big-endian number of two bytes) at count says.
type rtuShape struct {
	base, count int // count 0: the length is fixed
	wide, any   bool
}

func (s rtuShape) length(b []byte) (n int, known bool) {
	switch {
	case s.count == 0:
		return s.base, true
	case s.wide && len(b) > s.count+1:
		return s.base + int(b[s.count])<<8 + int(b[s.count+1]), true
	case !s.wide && len(b) > s.count:
		return s.base + int(b[s.count]), true
	}
	return 0, false
}

var (
	rtuCounted = rtuShape{base: 5, count: 2}
	shapesRead = []rtuShape{{base: 8}, rtuCounted}
	shapesOne  = []rtuShape{{base: 8}}
	shapesAny  = []rtuShape{{any: true}}
	shapesFail = []rtuShape{{base: 5}}
)

// rtuShapes are the shapes of requests and responses with a function code; nil
// for codes that no frame has.
func rtuShapes(code byte) []rtuShape {
	switch code {
	case 1, 2, 3, 4:
		return shapesRead
	case 5, 6, 8:
		return shapesOne
	case 7:
		return []rtuShape{{base: 4}, {base: 5}}
	case 11:
		return []rtuShape{{base: 4}, {base: 8}}
	case 12, 17:
		return []rtuShape{{base: 4}, rtuCounted}
	case 15, 16:
		return []rtuShape{{base: 8}, {base: 9, count: 6}}
	case 20, 21:
		return []rtuShape{rtuCounted}
	case 22:
		return []rtuShape{{base: 10}}
	case 23:
		return []rtuShape{rtuCounted, {base: 13, count: 10}}
	case 24:
		return []rtuShape{{base: 6}, {base: 6, count: 2, wide: true}}
	case 43:
		return shapesAny
	}
	switch plain := code &^ 0x80; {
	case code >= 65 && code <= 72, code >= 100 && code <= 110: // user-defined, section 5
		return shapesAny
	case code != plain && (plain >= 65 && plain <= 72 || plain >= 100 && plain <= 110 || plain > 0 && plain < 44 && rtuShapes(plain) != nil):
		return shapesFail
	}
	return nil
}

// crcModbus is CRC-16/MODBUS. Over a message and its checksum, low byte first, it
// is 0.
func crcModbus(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc = crc>>8 ^ modbusTable[byte(crc)^c]
	}
	return crc
}

var modbusTable = func() (t [256]uint16) {
	for n := range t {
		c := uint16(n)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ 0xA001
			} else {
				c >>= 1
			}
		}
		t[n] = c
	}
	return t
}()
