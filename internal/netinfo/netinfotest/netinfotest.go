// Package netinfotest helps tests of what the system says: a name server that
// answers as they want, and the words of errors.
package netinfotest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sockeye"
)

// Zone is what a test's name server knows: the addresses of names, and names
// that it answers with an error code of RFC 1035 section 4.1.1.
type Zone struct {
	Hosts  map[string][]string
	Errors map[string]byte
}

// Codes for Zone.Errors.
const (
	ServerFailure = 2
	noSuchName    = 3
	Silence       = 255 // no code: the question is not answered
)

// Serve answers questions until the socket is closed.
func (z Zone) Serve(c net.PacketConn) {
	buf := make([]byte, 512)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := z.answer(buf[:n]); answer != nil {
			c.WriteTo(answer, from)
		}
	}
}

// answer makes the message that answers a question of one name (RFC 1035
// section 4.1).
func (z Zone) answer(question []byte) []byte {
	name, end := readName(question)
	if end+4 > len(question) {
		return nil
	}
	const recordA, recordAAAA = 1, 28
	wanted := binary.BigEndian.Uint16(question[end:])
	out := slices.Clone(question[:end+4])
	out[2], out[3] = 0x81, 0x80 // a response, recursion available
	clear(out[6:12])
	hosts, known := z.Hosts[name]
	if code, bad := z.Errors[name]; code == Silence {
		return nil
	} else if bad {
		out[3] |= code
		return out
	}
	if !known {
		out[3] |= noSuchName
		return out
	}
	for _, h := range hosts {
		ip := netip.MustParseAddr(h)
		if ip.Is4() != (wanted == recordA) || ip.Is6() != (wanted == recordAAAA) {
			continue
		}
		out[7]++
		out = append(out, 0xc0, 12) // the name of the question
		out = binary.BigEndian.AppendUint16(out, wanted)
		out = append(out, 0, 1, 0, 0, 0, 60) // class IN, a minute to live
		out = binary.BigEndian.AppendUint16(out, uint16(len(ip.AsSlice())))
		out = append(out, ip.AsSlice()...)
	}
	return out
}

func readName(message []byte) (name string, end int) {
	end = 12
	for end < len(message) && message[end] != 0 {
		label := message[end+1 : min(len(message), end+1+int(message[end]))]
		name += string(label) + "."
		end += 1 + len(label)
	}
	return name, end + 1
}

// ServeNames answers questions at a UDP address with the zone until the test ends,
// and returns the address, whose port may be given as 0.
func ServeNames(t testing.TB, address string, z Zone) string {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { z.Serve(c); close(served) }()
	t.Cleanup(func() { c.Close(); <-served })
	return c.LocalAddr().String()
}

// CheckWords compares an error's English sentence and hint, and looks for the Chinese words in it.
func CheckWords(t testing.TB, e *sockeye.Error, sentence, hint, chinese string) {
	t.Helper()
	if got := e.Error(); !strings.Contains(got, sentence) {
		t.Errorf("%q does not say %q", got, sentence)
	}
	if !strings.Contains(e.Hint.En, hint) {
		t.Errorf("hint %q does not say %q", e.Hint.En, hint)
	}
	if got := e.In(sockeye.Chinese); !strings.Contains(got, chinese) {
		t.Errorf("%q does not say %q", got, chinese)
	}
}
