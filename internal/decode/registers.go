package decode

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/payload"
)

// Table is one of the four tables of a Modbus device.
type Table string

// The tables (Modbus Application Protocol V1.1b3 section 4.3).
const (
	Coils     Table = "coil"
	Discretes Table = "discrete"
	Inputs    Table = "input"
	Holdings  Table = "holding"
)

// Registers name what the registers of Modbus devices hold. They do not change once they
// are made; any goroutine may read them.
type Registers struct {
	specs map[registerKey]fields.FieldSpec
}

type registerKey struct {
	unit    int // -1 is every device
	table   Table
	address int
}

// MaxRegisters is how many registers may have names.
const MaxRegisters = 10_000

// ParseRegisters reads names of registers: "holding 100" is the register with the address
// 100 (counted from 0, as in messages), "unit 3 input 0" one of the device 3 alone. What
// stands there is a struct as package fields writes it, which may go over several
// registers; of a coil or a discrete input it is a name. The error is an *sockeye.Error of
// kind Invalid whose target is the key.
func ParseRegisters(text map[string]string) (*Registers, error) {
	r := &Registers{specs: map[registerKey]fields.FieldSpec{}}
	if len(text) > MaxRegisters {
		return nil, registerError("registers", both("%d are more than %d", "%d 个超过了 %d 个", len(text), MaxRegisters), sockeye.Text{})
	}
	for _, typed := range slices.Sorted(maps.Keys(text)) {
		key, ok := parseRegisterKey(typed)
		if !ok {
			return nil, registerError(typed, both("it names no register", "不是寄存器的写法"), both("write holding 100, input 0, coil 5, discrete 7, or unit 3 holding 100", "写成 holding 100、input 0、coil 5、discrete 7，或 unit 3 holding 100"))
		}
		spec, err := parseRegister(key.table, text[typed])
		if err != nil {
			e := sockeye.ErrorOf(err)
			return nil, registerError(typed, e.Message, e.Hint)
		}
		if _, twice := r.specs[key]; twice {
			return nil, registerError(typed, both("it is named twice", "重复命名"), sockeye.Text{})
		}
		r.specs[key] = spec
	}
	return r, nil
}

func registerError(key string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: payload.Quote(key, 60), Message: message, Hint: hint}
}

func parseRegisterKey(text string) (key registerKey, ok bool) {
	key.unit = -1
	words := strings.Fields(text)
	if len(words) == 4 && words[0] == "unit" {
		unit, err := strconv.ParseUint(words[1], 10, 8)
		if err != nil {
			return key, false
		}
		key.unit, words = int(unit), words[2:]
	}
	if len(words) != 2 {
		return key, false
	}
	address, err := strconv.ParseUint(words[1], 10, 16)
	key.table, key.address = Table(words[0]), int(address)
	return key, err == nil && slices.Contains([]Table{Coils, Discretes, Inputs, Holdings}, key.table)
}

func parseRegister(table Table, text string) (fields.FieldSpec, error) {
	if table == Coils || table == Discretes {
		text = "u8 " + text
	}
	spec, err := fields.Parse(text)
	if err == nil && (spec.Format != fields.Struct || spec.Direction != 0) {
		err = registerError(text, both("registers are binary: begin with a type", "寄存器是二进制数据：请以类型开头"), both(`write u16be level, or i16be temp*0.1 "°C"`, `写成 u16be level，或 i16be temp*0.1 "°C"`))
	}
	return spec, err
}

// spec is what a register holds; false if it has no name.
func (r *Registers) spec(unit byte, table Table, address int) (fields.FieldSpec, bool) {
	if r == nil {
		return fields.FieldSpec{}, false
	}
	if s, ok := r.specs[registerKey{int(unit), table, address}]; ok {
		return s, true
	}
	s, ok := r.specs[registerKey{-1, table, address}]
	return s, ok
}

// registers reads registers of 16 bits that begin with an address; -1 is one that is unknown.
func (c *cursor) registers(unit byte, table Table, address, n int) {
	end := c.at + 2*n
	for c.at < end && c.ok() {
		if spec, named := c.hints.Registers.spec(unit, table, address); named && address >= 0 {
			if size := c.namedRegister(spec, address, end); size > 0 {
				c.at += size
				address += size / 2
				continue
			}
		}
		name := "Register"
		if address >= 0 {
			name = fmt.Sprintf("Register %d", address)
			address++
		}
		v, node := c.uint(name, 2)
		if v >= 1<<15 {
			node.Note = strconv.Itoa(int(int16(v)))
		}
	}
}

// namedRegister adds the values of a struct that begins here, and says how many bytes of
// whole registers it takes; 0 if it does not fit.
func (c *cursor) namedRegister(spec fields.FieldSpec, address, end int) int {
	values, why := spec.NewReader().Read(nil, c.b[c.at:end])
	if !why.IsZero() {
		return 0
	}
	size := 0
	for n := range values {
		v := &values[n]
		node := c.add(v.Name, v.String(), c.at+v.From, c.at+v.To)
		node.Unit, node.Note = v.Unit, fmt.Sprintf("register %d", address+v.From/2)
		size = max(size, v.To)
	}
	return (size + 1) &^ 1
}

// bits reads coils or discrete inputs, n of them, the lowest bit of a byte first.
func (c *cursor) bits(unit byte, table Table, address, n int) {
	from := c.at
	b := c.skip((n + 7) / 8)
	for i := range n {
		if b == nil {
			return
		}
		name := "Bit"
		if address >= 0 {
			name = fmt.Sprintf("Bit %d", address+i)
			if spec, named := c.hints.Registers.spec(unit, table, address+i); named {
				name = spec.Fields[0].Name
			}
		}
		c.add(name, strconv.Itoa(int(b[i/8]>>(i%8)&1)), from+i/8, from+i/8+1)
	}
}
