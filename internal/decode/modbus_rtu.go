package decode

import (
	"fmt"

	"sockeye"
)

var modbusRTU = Decoder{
	Name: "modbus-rtu", Title: sockeye.Text{En: "Modbus RTU", Zh: "Modbus RTU"}, Source: "Modbus over Serial Line V1.02",
	strict: 80, hasty: true, read: readModbusRTU,
}

const (
	leastRTU = 4
	mostRTU  = 256
)

// readModbusRTU reads a message that ends with its checksum. Where it ends nothing says
// but the checksum: all of the bytes are it if theirs is right, else the fewest whose is.
func readModbusRTU(c *cursor) {
	if len(c.b) >= 2 && !modbusKnown(c.b[1]) {
		c.reject()
		return
	}
	n, right := rtuLength(c.b)
	switch {
	case n == 0 && len(c.b) < mostRTU && c.measuring:
		c.short, c.need = true, len(c.b)+1
		return
	case n == 0 && len(c.b) > mostRTU || len(c.b) < leastRTU:
		c.reject()
		return
	case n == 0:
		n = len(c.b)
	}
	whole := c.b
	c.b = c.b[:n]
	unit, node := c.uint("Address", 1)
	if unit == 0 {
		node.Note = "broadcast"
	}
	c.readModbus(byte(unit), n-3)
	if c.none {
		return
	}
	_, node = c.hex("CRC", 2)
	if want := wire(modbusCRC(c.b[:n-2])); !right && c.ok() {
		node.Fault = both("the checksum is wrong: %02x%02x would be right", "校验错误：应为 %02x%02x", want[0], want[1])
	} else if c.ok() {
		node.Note = "right"
	}
	c.b = whole
	c.out.Key = fmt.Sprintf("unit %d", unit)
}

// rtuLength is where the checksum is right; 0 and false if it is nowhere.
func rtuLength(b []byte) (n int, right bool) {
	if len(b) >= leastRTU && len(b) <= mostRTU && modbusCRC(b) == 0 {
		return len(b), true
	}
	for n := leastRTU; n <= min(len(b), mostRTU); n++ {
		if modbusCRC(b[:n]) == 0 {
			return n, true
		}
	}
	return 0, false
}
