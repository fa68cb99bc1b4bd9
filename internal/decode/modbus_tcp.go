package decode

import (
	"fmt"

	"sockeye"
)

var modbusTCP = Decoder{
	Name: "modbus-tcp", Title: sockeye.Text{En: "Modbus TCP", Zh: "Modbus TCP"}, Source: "Modbus Messaging on TCP/IP V1.0b",
	Ports: []uint16{502}, strict: 78, read: readModbusTCP,
}

// readModbusTCP reads the header (section 3.1.3) and the PDU after it.
func readModbusTCP(c *cursor) {
	b := c.b
	switch {
	case len(b) > 2 && b[2] != 0, len(b) > 3 && b[3] != 0, len(b) > 4 && b[4] != 0, len(b) > 5 && (b[5] < 2 || b[5] > 254),
		len(b) > 7 && !modbusKnown(b[7]):
		c.reject()
		return
	}
	id, _ := c.hex("Transaction identifier", 2)
	c.uint("Protocol identifier", 2)
	length, _ := c.uint("Length", 2)
	if !c.want(int(length)) {
		return
	}
	unit, _ := c.uint("Unit identifier", 1)
	c.readModbus(byte(unit), int(length)-1)
	c.out.Key = fmt.Sprintf("0x%04x", id)
}
