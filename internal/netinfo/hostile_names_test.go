package netinfo

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// answerWith answers each question with what records says follows the question, and
// gives the resolver that asks it.
func answerWith(t *testing.T, records func(recordType uint16) (count uint16, data []byte)) resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		buf := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			end := 12
			for end < n && buf[end] != 0 {
				end += 1 + int(buf[end])
			}
			end += 5 // the root label, type and class
			if end > n {
				continue
			}
			count, data := records(binary.BigEndian.Uint16(buf[end-4:]))
			out := slices.Clone(buf[:end])
			out[2], out[3] = 0x81, 0x80
			clear(out[6:12])
			binary.BigEndian.PutUint16(out[6:], count)
			c.WriteTo(append(out, data...), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-served })
	r := askingAt(c.LocalAddr().String())
	r.budget, r.lookupOne = 5*time.Second, 2*time.Second
	return r
}

// record is a resource record of class IN (RFC 1035 section 4.1.3).
func record(name string, recordType uint16, data []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte(name), recordType)
	out = append(out, 0, 1, 0, 0, 0, 0) // class IN, no time to live
	return append(binary.BigEndian.AppendUint16(out, uint16(len(data))), data...)
}

const ofQuestion = "\xc0\x0c" // a pointer to the name of the question

// T58: names that no name server can know are refused at once, and none is asked.
func TestImpossibleNamesAreNotAsked(t *testing.T) {
	for name, host := range map[string]string{
		"10,000 characters":  strings.Repeat("abcdefghi.", 1000),
		"a label of 64":      strings.Repeat("a", 64) + ".test",
		"NUL":                "board\x00.test",
		"control characters": "board\x1b]0;x\x07.test",
		"empty label":        "board..test",
	} {
		t.Run(name, func(t *testing.T) {
			r := answerWith(t, func(uint16) (uint16, []byte) {
				t.Error("the name server was asked")
				return 0, nil
			})
			_, err := r.resolve(t.Context(), host, 0)
			if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NoSuchHost {
				t.Errorf("got %v, want no such host", err)
			}
		})
	}
}

// T58: aliases in a circle end in an error; they are not followed for ever.
func TestAliasesInACircleEnd(t *testing.T) {
	const other = "\x04loop\x04test\x00"
	r := answerWith(t, func(uint16) (uint16, []byte) {
		return 2, append(record(ofQuestion, 5, []byte(other)), record(other, 5, []byte(ofQuestion))...)
	})
	_, err := r.resolve(t.Context(), "a.test", 0)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NoSuchHost {
		t.Errorf("got %v, want no such host", err)
	}
}

// T58: NUL and control characters in the names of an answer are no part of what is
// found.
func TestControlCharactersInAnAnswer(t *testing.T) {
	const alias = "\x06a\x00\x1b]0;\x04test\x00"
	r := answerWith(t, func(recordType uint16) (uint16, []byte) {
		out := record(ofQuestion, 5, []byte(alias))
		if recordType != 1 {
			return 1, out
		}
		return 2, append(out, record(alias, 1, []byte{192, 0, 2, 7})...)
	})
	got, err := r.resolve(t.Context(), "a.test", 4)
	if err != nil || !slices.Equal(got, addrsOf("192.0.2.7")) {
		t.Errorf("got %v, %v", got, err)
	}
}

// T58: of an answer that says it has more records than its bytes hold, those that it
// holds are used.
func TestAnswerThatPromisesTooMuch(t *testing.T) {
	r := answerWith(t, func(uint16) (uint16, []byte) {
		return 65535, record(ofQuestion, 1, []byte{192, 0, 2, 7})
	})
	got, err := r.resolve(t.Context(), "a.test", 4)
	if err != nil || !slices.Equal(got, addrsOf("192.0.2.7")) {
		t.Errorf("got %v, %v", got, err)
	}
}

// T58: each lookup is a question of its own, so that an address which a name had
// before is never mistaken for the one that it has now.
func TestChangedAnswerIsSeen(t *testing.T) {
	last := byte(0)
	r := answerWith(t, func(uint16) (uint16, []byte) {
		last++
		return 1, record(ofQuestion, 1, []byte{192, 0, 2, last})
	})
	for _, want := range []string{"192.0.2.1", "192.0.2.2"} {
		got, err := r.resolve(t.Context(), "a.test", 4)
		if err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr(want)}) {
			t.Errorf("got %v, %v; want %s", got, err, want)
		}
	}
}
