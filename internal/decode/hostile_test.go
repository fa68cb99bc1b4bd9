package decode

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// T40: a decoder that panics takes nothing with it: its message says that it failed and has
// all the bytes, and as a framer it finds none.
func TestDecoderThatPanics(t *testing.T) {
	d := &Decoder{Name: "broken", Title: both("Broken", "坏"), read: func(c *cursor) {
		var list []int
		_ = list[len(c.b)]
	}}
	m, ok := d.Decode([]byte("abc"), Hints{})
	if !ok || m.Protocol != "broken" || m.Bytes != 3 || m.To != 3 || m.Fault.IsZero() {
		t.Errorf("%+v, %v", m, ok)
	}
	if n, _ := d.Measure([]byte("abc")); n != -1 {
		t.Errorf("it measures %d", n)
	}
}

// T40: no decoder works long on a message, whatever is in it. 5 ms is the budget of one on a
// machine of its own; the limit here leaves room for one that is busy.
func TestNoDecoderWorksLong(t *testing.T) {
	const limit = 500 * time.Millisecond
	var hostile [][]byte
	for _, unit := range []string{"[", "{", `{"a":`, "\x00", "\xff", "\x81", "\x9f", "\xbf", "\xdf\xff\xff\xff\xff", "\x0a\x80", "a: b\r\n", "1,", "\xc0\x0c", "\r\n", "\x7e", "\xdb\xdc", " "} {
		hostile = append(hostile, bytes.Repeat([]byte(unit), 64<<10/len(unit)))
	}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	hostile = append(hostile, noise)
	for _, c := range samples { // a good beginning, and then the same again and again
		hostile = append(hostile, bytes.Repeat([]byte(c.bytes), 64<<10/max(1, len(c.bytes))))
	}
	for _, d := range All() {
		for _, b := range hostile {
			took := limit
			for try := 0; try < 3 && took >= limit; try++ { // others may have had the processor
				began := time.Now()
				d.Decode(b, Hints{})
				d.Measure(b)
				took = min(took, time.Since(began))
			}
			if took >= limit {
				t.Errorf("%s works %v and more on %.20q…", d.Name, took, b)
			}
		}
	}
}
