package decode

import (
	"encoding/hex"
	"strings"
)

// sample is a message that its decoder reads without a fault.
type sample struct {
	name, protocol string
	bytes          string
	hints          Hints
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "").Replace(s))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// samples are one message, or more, of each protocol. Those of DNS, MQTT, CoAP and Modbus
// are examples of their documents.
var samples = []sample{
	{"request", "http", "GET /a?b=1 HTTP/1.1\r\nHost: board\r\n\r\n", Hints{}},
	{"response", "http", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"temp\":21}", Hints{}},
	{"chunked", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=1\r\n world\r\n0\r\nSum: 1\r\n\r\n", Hints{}},
	{"read request", "modbus-rtu", unhex("01 03 0000 000a c5cd"), Hints{}},
	{"exception", "modbus-rtu", unhex("01 83 02 c0f1"), Hints{}},
	{"read request", "modbus-tcp", unhex("0001 0000 0006 11 03 006b 0003"), Hints{}},
	{"read response", "modbus-tcp", unhex("0001 0000 0009 11 03 06 ae41 5652 4340"), Hints{}},
	{"write", "modbus-tcp", unhex("0002 0000 000b 11 10 0001 0002 04 000a 0102"), Hints{}},
	{"coils", "modbus-tcp", unhex("0003 0000 0006 11 01 03 cd6b05"), Hints{Role: Response}},
	{"connect", "mqtt", unhex("10 11 0004 4d515454 04 02 003c 0005 626f617264"), Hints{}},
	{"publish", "mqtt", unhex("30 0b 0004 74656d70 7b7d") + "\n\n\n", Hints{}},
	{"connack 5", "mqtt", unhex("20 06 00 00 03 22 000a"), Hints{}},
	{"subscribe 5", "mqtt", unhex("82 08 0001 00 0002 612f 01"), Hints{State: State{Version: 5}}},
	{"query", "dns", unhex("dead 0100 0001 0000 0000 0000 05626f617264036e6574 00 0001 0001"), Hints{}},
	{"over TCP", "dns", unhex("001b dead 0100 0001 0000 0000 0000 05626f617264036e6574 00 0001 0001"), Hints{}},
	{"position", "nmea", "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n", Hints{}},
	{"identify", "scpi", "*IDN?\n", Hints{}},
	{"measure", "scpi", "CONF:VOLT:DC 10,0.001;:READ?\n", Hints{}},
	{"command", "at", "AT+CWJAP=\"home, 2\",\"secret\"\r\n", Hints{}},
	{"information", "at", "\r\n+CSQ: 21,99\r\n", Hints{}},
	{"result", "at", "\r\nOK\r\n", Hints{}},
	{"get", "coap", unhex("44 01 c4 09 74 65 73 74 b7") + "example", Hints{}},
	{"content", "coap", unhex("64 45 c4 09 74 65 73 74 c1 32 ff") + "{\"t\":21}", Hints{}},
	{"alert", "tls", unhex("15 0303 0002 02 28"), Hints{}},
	{"text", "websocket", unhex("81 85 37fa213d 7f9f4d5158"), Hints{}},
	{"close", "websocket", unhex("88 05 03e8 627965"), Hints{}},
	{"stuffed", "slip", unhex("c0 7b7d dbdc c0"), Hints{}},
	{"stuffed", "cobs", unhex("03 1122 02 33 00"), Hints{}},
	{"map", "cbor", unhex("a2 6161 01 6162 82 02 f94000"), Hints{}},
	{"map", "msgpack", unhex("82 a7636f6d70616374 c3 a6736368656d61 00"), Hints{}},
	{"fields", "protobuf", unhex("08 9601 12 07 74657374696e67 1a 03 089601"), Hints{}},
	{"object", "json", "{\"a\": [1, \"x\", null], \"b\": {\"c\": true}}\n", Hints{}},
	{"publish 5", "mqtt", unhex("3b 1a 0001 61 0009 0d 26 0005 706c616365 0003 746f70") + "23.5 °", Hints{State: State{Version: 5}}},
	{"subscribe 5, options", "mqtt", unhex("82 08 0001 00 0002 612f 1d"), Hints{State: State{Version: 5}}},
}
