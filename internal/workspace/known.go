package workspace

import (
	"strings"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
)

// Knowledge is what a file says of the messages of protocols.
type Knowledge = framing.Knowledge

// Knowledge is what decoders need to know of the file: the names of registers. The error
// is one that Openings tells, too.
func (f *File) Knowledge() (k Knowledge, err error) {
	if len(f.Registers) > 0 {
		err = k.SetRegisters(f.Registers)
	}
	return k, err
}

// registers looks at each name of a register by itself, so that all that are wrong are
// told.
func (c *checker) registers() {
	for _, key := range keys(c.file.Registers) {
		var k Knowledge
		if err := k.SetRegisters(map[string]string{key: c.file.Registers[key]}); err != nil {
			c.add(err, "registers "+key, "registers", key)
		}
		if c.isFull() {
			return
		}
	}
	if _, err := c.file.Knowledge(); err != nil && len(c.problems) == 0 {
		c.add(err, "registers", "registers")
	}
}

// fieldSpecs looks at the field specs.
func (c *checker) fieldSpecs() {
	for _, name := range keys(c.file.Fields) {
		if err := CheckFields(c.file.Fields[name]); err != nil {
			c.add(err, "fields "+payload.Quote(name, 40), "fields", name)
		}
	}
}

// CheckFields judges field specs, one a line. The error is an *sockeye.Error of kind
// Invalid.
func CheckFields(text string) error {
	count := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if count++; count > maxFieldSpecs {
			return problem("more than %d specs", "超过 %d 个字段格式", "", "", maxFieldSpecs)
		}
		if _, err := fields.Parse(line); err != nil {
			e := *sockeye.ErrorOf(err)
			return &e
		}
	}
	if count == 0 {
		return problem("there is no spec", "没有字段格式", `write keys, or u8 id, i16be temp*0.1 "°C"`, `写 keys，或 u8 id, i16be temp*0.1 "°C"`)
	}
	return nil
}

// maxFieldSpecs is how many specs one name may have.
const maxFieldSpecs = 32
