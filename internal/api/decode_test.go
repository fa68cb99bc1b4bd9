package api

import (
	"io"
	"net"
	"strings"
	"testing"

	"sockeye/internal/query"
)

// fieldTexts are the fields of a tree, "name: value" each.
func fieldTexts(n *query.NodeLine) (list []string) {
	list = append(list, n.Name+": "+n.Value)
	for i := range n.Children {
		list = append(list, fieldTexts(&n.Children[i])...)
	}
	return list
}

// What a Modbus server and its client say is shown as messages: in the window as a line
// each, and with all fields at the event, where registers have the names that the
// workspace gives them, since the response goes with its request.
func TestMessagesOfEvents(t *testing.T) {
	v := serve(t)
	ask[Workspace](v, "PUT", "/api/v1/workspace", SetWorkspace{Text: new("sockeye = 2\n[registers]\n\"holding 107\" = 'i16be temp*0.1 \"°C\"'\n[fields]\nmeter = 'keys'\n")})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	client, err := net.Dial("tcp", s.Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	io.WriteString(client, "\x00\x01\x00\x00\x00\x06\x11\x03\x00\x6b")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 10 })
	open := ask[Messages](v, "GET", "/api/v1/events/3/messages?decode=modbus-tcp", nil)
	if len(open.Messages) != 1 || !open.Messages[0].Open || open.Messages[0].Frame.Mark != "open" {
		t.Errorf("half a message: %+v", open)
	}
	io.WriteString(client, "\x00\x01")
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 12 })
	ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", Send{All: true, Data: []byte("\x00\x01\x00\x00\x00\x05\x11\x03\x02\x00\xd7")})

	window := ask[Events](v, "GET", "/api/v1/events?session=s1&decode=auto", nil)
	var got []string
	for _, e := range window.Events {
		for _, f := range e.Frames {
			got = append(got, f.Direction+" "+f.Message.Role+" "+f.Message.Summary)
		}
	}
	if want := "received request Modbus TCP: unit 17, Read Holding Registers 3, 1 from 107|sent response Modbus TCP: unit 17, Read Holding Registers response"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for seq, want := range map[string]string{"4": "Starting address: 107", "5": "temp: 21.5"} {
		found := ask[Messages](v, "GET", "/api/v1/events/"+seq+"/messages", nil)
		if len(found.Messages) != 1 || found.Messages[0].Tree == nil || !strings.Contains(strings.Join(fieldTexts(&found.Messages[0].Tree.Tree), "|"), want) {
			t.Errorf("event %s: %+v", seq, found)
		}
	}
	found := ask[Pairs](v, "GET", "/api/v1/pairs?session=s1&decode=modbus-tcp&timeout_ms=60000", nil)
	if found.All.Requests != 1 || found.All.Answered != 1 || found.Latency.Count != 1 || len(found.Peers) != 1 || !found.Done {
		t.Errorf("%+v", found)
	}
	protocols := ask[Protocols](v, "GET", "/api/v1/sessions/s1/protocols", nil)
	if len(protocols.Protocols) == 0 || protocols.Protocols[0].Decode != "modbus-tcp" || protocols.Protocols[0].Score < 50 {
		t.Errorf("%+v", protocols)
	}
}

// Bytes and payloads are decoded without a session; the list names what there is.
func TestDecodeBytes(t *testing.T) {
	v := serve(t)
	got := ask[DecodedBytes](v, "POST", "/api/v1/decode", Decode{Payload: &Payload{Kind: "hex", Text: "01 03 00 00 00 0A {{crc16modbus}} ff"}})
	if len(got.Messages) != 2 || got.Messages[0].Protocol != "modbus-rtu" || got.Messages[1].Tree.Value != "ff" || got.Left != 0 || len(got.Data) != 9 {
		t.Errorf("%+v", got)
	}
	got = ask[DecodedBytes](v, "POST", "/api/v1/decode", Decode{Decode: "scpi", Data: []byte("*IDN?\n*RST\n")})
	if len(got.Messages) != 2 || got.Messages[1].Tree.From != 6 || got.Left != 0 {
		t.Errorf("%+v", got)
	}
	list := ask[Decoders](v, "GET", "/api/v1/decoders", nil)
	if len(list.Decoders) < 15 || list.Decoders[0].Name != "auto" || list.Decoders[0].Frame != "message:auto" {
		t.Errorf("%+v", list)
	}
}
