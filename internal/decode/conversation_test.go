package decode

import (
	"strings"
	"testing"

	"sockeye"
)

// A response has what its request asked for: addresses, and the names of registers.
func TestConversationOfModbus(t *testing.T) {
	registers, err := ParseRegisters(map[string]string{"holding 107": `i16be temp*0.1 "°C"`, "unit 17 holding 108": "u16be pump {0=off 1=on}", "coil 3": "valve"})
	if err != nil {
		t.Fatal(err)
	}
	c := modbusTCP.NewConversation(Hints{Registers: registers})
	for _, step := range []struct {
		kind      sockeye.EventKind
		bytes     string
		role      Role
		contains  string
		otherwise string
	}{
		{sockeye.Sent, "0001 0000 0006 11 03 006b 0003", Request, "Starting address: 107", ""},
		{sockeye.Sent, "0002 0000 0006 11 01 0003 0003", Request, "Starting address: 3", ""},
		{sockeye.Received, "0002 0000 0004 11 01 01 05", Response, "valve: 1 [9:10]\n  Bit 4: 0 [9:10]\n  Bit 5: 1", "Bit 6"},
		{sockeye.Received, "0001 0000 0009 11 03 06 00d7 0001 4340", Response, "temp: 21.5 °C (register 107) [9:11]\n  pump: on (register 108) [11:13]\n  Register 109: 17216", ""},
		{sockeye.Received, "0001 0000 0009 11 03 06 00d7 0001 4340", Response, "Register: 215", "temp"}, // nobody asked
		{sockeye.Sent, "0003 0000 0006 11 06 0001 0003", Request, "Register 1: 3", ""},
		{sockeye.Received, "0003 0000 0006 11 06 0001 0003", Response, "Register 1: 3", ""},
	} {
		m, ok := c.Decode(step.kind, []byte(unhex(step.bytes)))
		if !ok {
			t.Fatalf("%s: no message", step.bytes)
		}
		if got := tree(m); m.Role != step.role || !strings.Contains(got, step.contains) || step.otherwise != "" && strings.Contains(got, step.otherwise) {
			t.Errorf("%s: %s\n%s", step.bytes, m.Role, got)
		}
	}
}

// What a line of values is, the query before it says.
func TestConversationOfSCPI(t *testing.T) {
	c := scpi.NewConversation(Hints{})
	if _, ok := c.Decode(sockeye.Received, []byte("1.25,2\n")); ok {
		t.Error("values that nobody asked for are a message")
	}
	c.Decode(sockeye.Sent, []byte("MEAS:VOLT?\n"))
	if m, ok := c.Decode(sockeye.Received, []byte("1.25,2\n")); !ok || m.Role != Response {
		t.Errorf("%+v", m)
	}
}

// The version of CONNECT is that of the packets after it, and a HEAD's response has no body.
func TestConversationState(t *testing.T) {
	c := mqtt.NewConversation(Hints{})
	c.Decode(sockeye.Sent, []byte(unhex("10 0d 0004 4d515454 05 02 003c 00 0000")))
	if m, ok := c.Decode(sockeye.Received, []byte(unhex("30 06 0001 61 00 6869"))); !ok || !strings.Contains(tree(m), "Message: hi") {
		t.Errorf("%s", tree(m))
	}
	h := http.NewConversation(Hints{})
	h.Decode(sockeye.Sent, []byte("HEAD / HTTP/1.1\r\n\r\n"))
	if m, ok := h.Decode(sockeye.Received, []byte("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")); !ok || m.Short {
		t.Errorf("%+v", m)
	}
}

// A wrong name of a register, or of its type, is refused with the reason.
func TestRegistersAreChecked(t *testing.T) {
	for _, c := range []struct{ key, spec, fault string }{
		{"holding", "u16be a", "it names no register"},
		{"holding 70000", "u16be a", "it names no register"},
		{"unit 300 coil 1", "a", "it names no register"},
		{"holding 1", "keys", "registers are binary: begin with a type"},
		{"holding 1", "u16 a", `column 1: "u16" is neither a format nor a type`},
		{"holding 01", "u16be a", "it is named twice"},
	} {
		text := map[string]string{c.key: c.spec, "holding 1": "u16be b"}
		if c.key == "holding 1" {
			text = map[string]string{c.key: c.spec}
		}
		_, err := ParseRegisters(text)
		if err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s = %s: %v", c.key, c.spec, err)
		}
	}
}

// The protocol of some bytes is guessed from what parses, and nothing is guessed from what is no
// protocol.
func TestGuess(t *testing.T) {
	chunks := func(texts ...string) (out [][]byte) {
		for _, s := range texts {
			out = append(out, []byte(s))
		}
		return out
	}
	read := unhex("01 03 0000 000a c5cd")
	for _, c := range []struct {
		name      string
		chunks    [][]byte
		datagrams bool
		want      string
	}{
		{"Modbus RTU", chunks(read, read, read), false, "looks like Modbus RTU at 8-byte frames"},
		{"Modbus RTU in pieces", chunks(read[:3], read[3:]+read, read), false, "looks like Modbus RTU at 8-byte frames"},
		{"HTTP", chunks("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /b HTTP/1.1\r\n\r\n"), false, "looks like HTTP/1.1"},
		{"DNS", chunks(samples[13].bytes), true, "looks like DNS at 27-byte frames"},
		{"NMEA", chunks("$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n$GPGLL,4807.038,N*00\r\n"), false, "looks like NMEA 0183"},
		{"CBOR", chunks(unhex("a2 6161 01 6162 82 02 f94000"), unhex("a2 6161 02 6162 82 02 f94000"), unhex("a1 6161 20"), unhex("a1 6161 21"), unhex("a1 6161 1864")), false, "looks like CBOR"},
		{"words", chunks("hello world\r\n", "how are you today\r\n", "temp=21.5\r\n"), false, ""},
		{"nothing", nil, false, ""},
	} {
		got := ""
		if found := Guess(c.chunks, c.datagrams); len(found) > 0 {
			got = found[0].Summary().En
		}
		if got != c.want {
			t.Errorf("%s: %q instead of %q", c.name, got, c.want)
		}
	}
}

// What waits for an answer is remembered without its tree, which may be far larger.
func TestConversationRemembersLittle(t *testing.T) {
	c := json.NewConversation(Hints{})
	m, ok := c.Decode(sockeye.Received, []byte("["+strings.Repeat("[1, 2], ", 100)+"3]"))
	if !ok || m.Count() < 300 {
		t.Fatalf("%+v", m)
	}
	kept := c.requests[sockeye.Received]
	if len(kept) != 1 || kept[0].Count() > 1+maxRemembered {
		t.Errorf("%d requests, the first with %d fields", len(kept), kept[0].Count())
	}
}
