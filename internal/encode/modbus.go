package encode

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"sockeye"
	"sockeye/internal/payload"
)

// The bounds of one request (Modbus Application Protocol V1.1b3 section 6).
const (
	mostReadBits       = 2000
	mostReadRegisters  = 125
	mostWrittenBits    = 1968
	mostWrittenNumbers = 123
	mostExchanged      = 121   // written by function 23
	tableSize          = 65536 // addresses of a table
)

var modbusRTU = Encoder{Name: "modbus-rtu", Fields: modbusFields(247), write: func(f *form) EncodedRequest {
	return EncodedRequest{Text: payload.FormatHex(modbusRequest(f)) + " {{crc16modbus}}", Hex: true}
}}

var modbusTCP = Encoder{Name: "modbus-tcp", Fields: append(modbusFields(255), EncoderField{
	Name: "transaction", Title: both("Transaction", "事务号"), Kind: Number, Most: 0xffff, Optional: true, Hint: both("empty counts up with each request", "留空则每次请求自动加一"),
}), write: func(f *form) EncodedRequest {
	id, request := "{{seq:u16be}}", modbusRequest(f)
	if f.text("transaction") != "" {
		id = payload.FormatHex(f.from("transaction"))
	}
	return EncodedRequest{Text: fmt.Sprintf("%s 00 00 %s", id, payload.FormatHex(append(u16(len(request)), request...))), Hex: true}
}}

// modbusFunctions are the requests, with the names of the protocol.
var modbusFunctions = []EncoderChoice{
	{"1", sockeye.Text{En: "1 Read Coils", Zh: "1 读线圈"}},
	{"2", sockeye.Text{En: "2 Read Discrete Inputs", Zh: "2 读离散输入"}},
	{"3", sockeye.Text{En: "3 Read Holding Registers", Zh: "3 读保持寄存器"}},
	{"4", sockeye.Text{En: "4 Read Input Registers", Zh: "4 读输入寄存器"}},
	{"5", sockeye.Text{En: "5 Write Single Coil", Zh: "5 写单个线圈"}},
	{"6", sockeye.Text{En: "6 Write Single Register", Zh: "6 写单个寄存器"}},
	{"15", sockeye.Text{En: "15 Write Multiple Coils", Zh: "15 写多个线圈"}},
	{"16", sockeye.Text{En: "16 Write Multiple Registers", Zh: "16 写多个寄存器"}},
	{"17", sockeye.Text{En: "17 Report Server ID", Zh: "17 报告从站标识"}},
	{"22", sockeye.Text{En: "22 Mask Write Register", Zh: "22 屏蔽写寄存器"}},
	{"23", sockeye.Text{En: "23 Read/Write Multiple Registers", Zh: "23 读写多个寄存器"}},
	{"43", sockeye.Text{En: "43 Read Device Identification", Zh: "43 读设备标识"}},
}

// modbusFields are the fields of a device with an address up to mostUnit.
func modbusFields(mostUnit int) []EncoderField {
	address := both("counted from 0, as in messages: 40001 in a manual is 0", "从 0 数起，与报文一致：手册中的 40001 即 0")
	several := both("numbers with spaces between; 0x10 is hex", "多个数用空格分隔，0x10 为十六进制")
	return []EncoderField{
		{Name: "function", Title: both("Function", "功能"), Kind: Choice, Choices: modbusFunctions, Default: "3"},
		{Name: "unit", Title: both("Unit", "从站地址"), Hint: both("0 is every device: none answers", "0 为广播，从站不应答"), Kind: Number, Most: mostUnit, Default: "1"},
		{Name: "address", Title: both("Address", "起始地址"), Hint: address, Kind: Number, Most: tableSize - 1, Default: "0", For: []string{"1", "2", "3", "4", "5", "6", "15", "16", "22", "23"}},
		{Name: "count", Title: both("Count", "数量"), Kind: Number, Least: 1, Most: mostReadBits, Default: "1", For: []string{"1", "2"}},
		{Name: "count", Title: both("Count", "数量"), Kind: Number, Least: 1, Most: mostReadRegisters, Default: "1", For: []string{"3", "4", "23"}},
		{Name: "write_address", Title: both("Write from address", "写入起始地址"), Hint: address, Kind: Number, Most: tableSize - 1, Default: "0", For: []string{"23"}},
		{Name: "value", Title: both("Value", "值"), Kind: Choice, Default: "on", For: []string{"5"}, Choices: []EncoderChoice{{"on", both("on (ff00)", "接通（ff00）")}, {"off", both("off (0000)", "断开（0000）")}}},
		{Name: "value", Title: both("Value", "值"), Kind: Number, Least: -32768, Most: 65535, Default: "0", For: []string{"6"}},
		{Name: "values", Title: both("Values", "值"), Hint: both("0 and 1 with spaces between", "0 和 1，用空格分隔"), Kind: Numbers, Most: 1, Length: mostWrittenBits, Default: "1", For: []string{"15"}},
		{Name: "values", Title: both("Values", "值"), Hint: several, Kind: Numbers, Least: -32768, Most: 65535, Length: mostWrittenNumbers, Default: "0", For: []string{"16"}},
		{Name: "values", Title: both("Values", "值"), Hint: several, Kind: Numbers, Least: -32768, Most: 65535, Length: mostExchanged, Default: "0", For: []string{"23"}},
		{Name: "and", Title: both("And mask", "与掩码"), Kind: Number, Most: 65535, Default: "0xffff", For: []string{"22"}},
		{Name: "or", Title: both("Or mask", "或掩码"), Kind: Number, Most: 65535, Default: "0x0000", For: []string{"22"}},
		{Name: "category", Title: both("Category", "类别"), Kind: Choice, Default: "1", For: []string{"43"}, Choices: []EncoderChoice{
			{"1", both("1 basic", "1 基本")}, {"2", both("2 regular", "2 常规")}, {"3", both("3 extended", "3 扩展")}, {"4", both("4 one object", "4 单个对象")}}},
		{Name: "object", Title: both("Object", "对象"), Hint: both("0 is the name of the vendor", "0 为厂商名称"), Kind: Number, Most: 255, Default: "0", For: []string{"43"}},
	}
}

// modbusRequest is the unit and the PDU: what both ways to send it have in common.
func modbusRequest(f *form) []byte {
	code, _ := strconv.Atoi(f.text("function"))
	b := []byte{byte(f.number("unit")), byte(code)}
	switch code {
	case 1, 2, 3, 4:
		return slices.Concat(b, f.from("address"), f.span("address", "count", f.number("count")))
	case 5:
		return slices.Concat(b, f.from("address"), map[string][]byte{"on": {0xff, 0}, "off": {0, 0}}[f.text("value")])
	case 6:
		return slices.Concat(b, f.from("address"), u16(f.number("value")))
	case 15, 16:
		return slices.Concat(b, f.from("address"), f.span("address", "values", len(f.numbers["values"])), f.written(code == 15))
	case 22:
		return slices.Concat(b, f.from("address"), u16(f.number("and")), u16(f.number("or")))
	case 23:
		read := slices.Concat(f.from("address"), f.span("address", "count", f.number("count")))
		return slices.Concat(b, read, f.from("write_address"), f.span("write_address", "values", len(f.numbers["values"])), f.written(false))
	case 43:
		category, _ := strconv.Atoi(f.text("category"))
		return append(b, 14, byte(category), byte(f.number("object")))
	}
	return b
}

func (f *form) from(name string) []byte { return u16(f.number(name)) }

// span is how many registers from an address on, which must not go beyond the last.
func (f *form) span(address, name string, count int) []byte {
	if from := f.number(address); from+count > tableSize {
		f.fault(name, both("%d from address %d go beyond the last address, %d", "从地址 %[2]d 起的 %[1]d 个超出了最后的地址 %[3]d", count, from, tableSize-1), sockeye.Text{})
	}
	return u16(count)
}

// written are the values to write, with the number of their bytes before them. Of bits the
// first is the lowest of its byte.
func (f *form) written(bits bool) []byte {
	values := f.numbers["values"]
	if !bits {
		b := []byte{byte(2 * len(values))}
		for _, v := range values {
			b = append(b, u16(v)...)
		}
		return b
	}
	b := make([]byte, 1+(len(values)+7)/8)
	b[0] = byte(len(b) - 1)
	for i, v := range values {
		b[1+i/8] |= byte(v) << (i % 8)
	}
	return b
}

// u16 is a number in two bytes, the higher first; a negative one in two's complement.
func u16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
