package decode

import (
	"encoding/binary"
	"fmt"
)

// modbusPDU is a message of Modbus without what it travels in: the device, and the
// function code with its data (Modbus Application Protocol V1.1b3 section 6).
type modbusPDU struct {
	unit    byte
	code    byte
	role    Role
	address int // of the first register that is asked for; -1 is unknown
	count   int
}

// modbusFunctions are the public function codes.
var modbusFunctions = map[byte]string{
	1: "Read Coils", 2: "Read Discrete Inputs", 3: "Read Holding Registers", 4: "Read Input Registers",
	5: "Write Single Coil", 6: "Write Single Register", 7: "Read Exception Status", 8: "Diagnostics",
	11: "Get Comm Event Counter", 12: "Get Comm Event Log", 15: "Write Multiple Coils", 16: "Write Multiple Registers",
	17: "Report Server ID", 20: "Read File Record", 21: "Write File Record", 22: "Mask Write Register",
	23: "Read/Write Multiple Registers", 24: "Read FIFO Queue", 43: "Encapsulated Interface Transport",
}

// modbusExceptions are the exception codes (section 7).
var modbusExceptions = map[uint64]string{
	1: "Illegal Function", 2: "Illegal Data Address", 3: "Illegal Data Value", 4: "Server Device Failure",
	5: "Acknowledge", 6: "Server Device Busy", 8: "Memory Parity Error", 10: "Gateway Path Unavailable",
	11: "Gateway Target Device Failed to Respond",
}

var modbusTables = map[byte]Table{1: Coils, 2: Discretes, 3: Holdings, 4: Inputs, 5: Coils, 6: Holdings, 15: Coils, 16: Holdings, 22: Holdings, 23: Holdings}

// modbusKnown is true for function codes that a message may have.
func modbusKnown(code byte) bool {
	plain := code &^ 0x80
	return modbusFunctions[plain] != "" || plain >= 65 && plain <= 72 || plain >= 100 && plain <= 110
}

// readModbus reads a PDU of n bytes of a device.
func (c *cursor) readModbus(unit byte, n int) {
	if n < 1 || !c.want(1) {
		return
	}
	p := modbusPDU{unit: unit, code: c.b[c.at], address: -1}
	if !modbusKnown(p.code) {
		c.reject()
		return
	}
	c.within(n, func() {
		_, node := c.uint("Function code", 1)
		node.Note = modbusName(p.code)
		p.role = c.modbusRole(&p)
		c.out.Role = p.role
		if p.role == Response {
			p.address, p.count = c.modbusAsked(&p)
		}
		c.modbusData(&p)
	})
	c.summary("unit %d, %s%s", unit, modbusName(p.code), map[Role]string{Request: " request", Response: " response"}[p.role])
	if p.address >= 0 && p.role == Request {
		c.summary("unit %d, %s %d, %d from %d", unit, modbusName(p.code), p.code, p.count, p.address)
	}
}

func modbusName(code byte) string {
	name := modbusFunctions[code&^0x80]
	if name == "" {
		name = fmt.Sprintf("function %d", code&^0x80)
	}
	if code >= 0x80 {
		return name + " exception"
	}
	return name
}

// modbusRole is whether a PDU asks or answers: as is known, or else as its length says.
// The rest of it is what c has left.
func (c *cursor) modbusRole(p *modbusPDU) Role {
	b := c.rest()
	switch {
	case p.code >= 0x80:
		return Response
	case c.hints.Request != nil:
		return Response
	case c.hints.Role != "":
		return c.hints.Role
	}
	switch p.code {
	case 1, 2, 3, 4:
		if len(b) == 4 && !(b[0] == 3 && p.code < 3) {
			return Request
		}
		return Response
	case 7, 11, 12, 17:
		if len(b) == 0 {
			return Request
		}
		return Response
	case 15, 16:
		if len(b) == 4 {
			return Response
		}
		return Request
	case 20, 21:
		return ""
	case 23:
		if len(b) > 0 && len(b) == 1+int(b[0]) && len(b)%2 == 1 {
			return Response
		}
		return Request
	}
	return ""
}

// modbusAsked is the address and number that the request of this response asked for.
func (c *cursor) modbusAsked(p *modbusPDU) (address, count int) {
	r := c.hints.Request
	if r == nil {
		return -1, 0
	}
	address = -1
	if n := r.find("Starting address"); n != nil {
		fmt.Sscan(n.Value, &address)
	}
	if n := r.find("Quantity"); n != nil {
		fmt.Sscan(n.Value, &count)
	}
	return address, count
}

// find is the first node with a name.
func (n *Node) find(name string) *Node {
	if n.Name == name {
		return n
	}
	for i := range n.Children {
		if found := n.Children[i].find(name); found != nil {
			return found
		}
	}
	return nil
}

// modbusData reads what follows the function code.
func (c *cursor) modbusData(p *modbusPDU) {
	table := modbusTables[p.code]
	switch {
	case p.code >= 0x80:
		code, n := c.uint("Exception code", 1)
		n.Note = modbusExceptions[code]
	case p.code <= 4 && p.role == Request:
		p.address, p.count = c.address("Starting address"), c.quantity()
	case p.code <= 4:
		c.modbusRead(p, table)
	case p.code == 5:
		p.address, p.count = c.address("Starting address"), 1
		v, n := c.hex("Value", 2)
		n.Note = map[uint64]string{0: "off", 0xff00: "on"}[v]
		if v != 0 && v != 0xff00 {
			n.Fault = both("a coil is 0000 or ff00", "线圈的值只能是 0000 或 ff00")
		}
	case p.code == 6:
		p.address, p.count = c.address("Starting address"), 1
		c.registers(p.unit, table, p.address, 1)
	case p.code == 15 || p.code == 16:
		c.modbusWrite(p, table)
	case p.code == 22:
		p.address, p.count = c.address("Starting address"), 1
		c.hex("And mask", 2)
		c.hex("Or mask", 2)
	case p.code == 23:
		c.modbusReadWrite(p)
	case p.code == 8:
		c.uint("Sub-function", 2)
		c.data("Data", c.left())
	case p.code == 43:
		c.modbusIdentification(p)
	default:
		if c.left() > 0 {
			c.data("Data", c.left())
		}
	}
}

func (c *cursor) address(name string) int {
	v, _ := c.uint(name, 2)
	return int(v)
}

func (c *cursor) quantity() int {
	v, n := c.uint("Quantity", 2)
	if v == 0 && c.ok() {
		n.Fault = both("nothing is asked for", "数量为 0")
	}
	return int(v)
}

// modbusRead reads the registers or bits of a response.
func (c *cursor) modbusRead(p *modbusPDU, table Table) {
	size, node := c.uint("Byte count", 1)
	if int(size) != c.left() || p.code >= 3 && size%2 == 1 {
		node.Fault = both("it is not the number of bytes that follow", "与后面的字节数不符")
	}
	c.within(min(int(size), c.left()), func() {
		if p.code >= 3 {
			c.registers(p.unit, table, p.address, c.left()/2)
			return
		}
		n := 8 * c.left()
		if p.count > 0 {
			n = min(n, p.count)
		}
		c.bits(p.unit, table, p.address, n)
	})
}

// modbusWrite reads a request to write several, or its answer.
func (c *cursor) modbusWrite(p *modbusPDU, table Table) {
	p.address, p.count = c.address("Starting address"), c.quantity()
	if p.role == Response {
		return
	}
	size, n := c.uint("Byte count", 1)
	wanted := 2 * p.count
	if p.code == 15 {
		wanted = (p.count + 7) / 8
	}
	if int(size) != wanted && c.ok() {
		n.Fault = both("%d are wanted for the quantity", "按数量应为 %d", wanted)
	}
	c.within(min(int(size), c.left()), func() {
		if p.code == 16 {
			c.registers(p.unit, table, p.address, c.left()/2)
			return
		}
		c.bits(p.unit, table, p.address, min(p.count, 8*c.left()))
	})
}

// modbusReadWrite reads function 23.
func (c *cursor) modbusReadWrite(p *modbusPDU) {
	if p.role == Response {
		size, _ := c.uint("Byte count", 1)
		c.within(min(int(size), c.left()), func() { c.registers(p.unit, Holdings, p.address, c.left()/2) })
		return
	}
	p.address, p.count = c.address("Starting address"), c.quantity()
	write := c.address("Write starting address")
	c.uint("Write quantity", 2)
	size, _ := c.uint("Byte count", 1)
	c.within(min(int(size), c.left()), func() { c.registers(p.unit, Holdings, write, c.left()/2) })
}

// modbusIdentification reads function 43, of which type 14 is the device identification
// (section 6.21).
func (c *cursor) modbusIdentification(p *modbusPDU) {
	kind, _ := c.uint("MEI type", 1)
	if kind != 14 || !c.ok() {
		if c.left() > 0 {
			c.data("Data", c.left())
		}
		return
	}
	c.uint("Read device ID code", 1)
	if c.left() == 1 {
		p.role, c.out.Role = Request, Request
		c.uint("Object ID", 1)
		return
	}
	p.role, c.out.Role = Response, Response
	c.hex("Conformity level", 1)
	c.hex("More follows", 1)
	c.uint("Next object ID", 1)
	count, _ := c.uint("Number of objects", 1)
	names := map[uint64]string{0: "VendorName", 1: "ProductCode", 2: "MajorMinorRevision", 3: "VendorUrl", 4: "ProductName", 5: "ModelName", 6: "UserApplicationName"}
	for range count {
		if !c.ok() {
			return
		}
		c.open("Object")
		id, n := c.uint("Object ID", 1)
		n.Note = names[id]
		size, _ := c.uint("Length", 1)
		value, _ := c.text("Value", int(size))
		c.close().Value = value
	}
}

// modbusCRC is CRC-16/MODBUS; over a message and its checksum, low byte first, it is 0.
func modbusCRC(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, one := range b {
		crc ^= uint16(one)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// wire is a number as Modbus RTU sends a checksum.
func wire(crc uint16) []byte { return binary.LittleEndian.AppendUint16(nil, crc) }
