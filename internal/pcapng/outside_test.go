package pcapng

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"sockeye"
)

// Package pcapgo, which is not ours, reads what we write: packets with their
// times, interfaces, directions and numbers.
func TestPcapgoReads(t *testing.T) {
	s := mixed()
	s.received(s.events[2].Peer, noise(200_000))
	r, err := pcapgo.NewNgReader(bytes.NewReader(s.encode(EncodeOptions{OS: "linux", Hardware: "board"})), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.SectionInfo(); got.Application != "Sockeye" || got.OS != "linux" || got.Hardware != "board" {
		t.Errorf("section %+v", got)
	}
	got := map[uint64]string{}
	for {
		data, ci, options, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packet := gopacket.NewPacket(data, r.LinkType(), gopacket.Default)
		if e := packet.ErrorLayer(); e != nil {
			t.Fatal(e.Error())
		}
		ev := s.events[*options.PacketID-1]
		if !ci.Timestamp.Equal(ev.Time) {
			t.Errorf("event %d is at %v, want %v", ev.Seq, ci.Timestamp, ev.Time)
		}
		iface, err := r.Interface(ci.InterfaceIndex)
		if want := ev.Session.ID + " " + ev.Session.Endpoint.String(); err != nil || iface.Name != want {
			t.Errorf("event %d is on %q, %v, want %q", ev.Seq, iface.Name, err, want)
		}
		if tcp, ok := packet.TransportLayer().(*layers.TCP); ok {
			got[ev.Seq] += string(tcp.Payload)
		} else {
			got[ev.Seq] += string(packet.TransportLayer().LayerPayload())
		}
	}
	for _, ev := range s.events {
		if ev.Kind == sockeye.Received || ev.Kind == sockeye.Sent {
			if diff := cmp.Diff(string(ev.Data), got[ev.Seq]); diff != "" {
				t.Errorf("event %d: %s", ev.Seq, diff)
			}
		}
	}
}
