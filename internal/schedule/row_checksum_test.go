package schedule

import "testing"

// Parts of a checksum that are given go before what its name says.
func TestSetChecksum(t *testing.T) {
	for _, c := range []struct {
		name, order, want string
		from, to          int
	}{
		{"crc16modbus", "", "crc16modbus", 0, 0},
		{"crc16modbus", "big", "crc16modbus:be", 0, 0},
		{"xor8(1..-1):HEX+2", "", "xor8(1..-1):HEX+2", 0, 0},
		{"xor8(1..-1):HEX+2", "", "xor8(2..5):HEX+2", 2, 5},
		{"crc[width=9,poly=119]:le", "", "crc[width=9,poly=119]:le", 0, 0},
		{"crc16xmodem:le", "", "crc16xmodem:le", 0, 0},
		{"crc16xmodem:le", "big", "crc16xmodem:be", 0, 0},
		{"crc16xmodem", "little", "crc16xmodem(0..-2):le", 0, -2},
	} {
		var r Row
		err := r.SetChecksum(c.name, c.from, c.to, c.order)
		if err != nil || r.Checksum != c.want {
			t.Errorf("%s %d..%d %q: %q, %v, want %q", c.name, c.from, c.to, c.order, r.Checksum, err, c.want)
		}
	}
	r := Row{Checksum: "sum8"}
	if err := r.SetChecksum("no such sum", 0, 0, ""); err == nil || r.Checksum != "sum8" {
		t.Errorf("%q, %v", r.Checksum, err)
	}
}

// A payload alone may be empty; a row of a list may not.
func TestEmptyPayloadIsNoRow(t *testing.T) {
	if _, err := (Row{}).Parse(); err != nil {
		t.Error(err)
	}
	if _, err := (Row{}).Template(); err == nil {
		t.Error("a row has nothing to send")
	}
}
