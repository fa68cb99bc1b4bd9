package fields

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// What boards send as text is recognised, and what names its values wins.
func TestGuessText(t *testing.T) {
	for want, frames := range map[string][]string{
		"keys":       {"temp=21.5 hum=40", "temp=21.6 hum=41", "temp=21.4 hum=40"},
		"json":       {`{"t":1}`, `{"t":2}`},
		"nmea":       {"$GPGLL,4916.45,N,12311.12,W,225444,A", "$GPGLL,4916.46,N,12311.12,W,225445,A"},
		"influx":     {"weather,site=a temp=1", "weather,site=b temp=2 17"},
		"firewater":  {"imu:1,2,3", "imu:1.5,2,3"},
		"csv":        {"1,2,3", "4,5,6"},
		"csv:header": {"temp,hum", "21.5,40", "21.6,41"},
		"":           {"hello", "Hello 01Studio!", "ok"},
	} {
		var bytes [][]byte
		for _, f := range frames {
			bytes = append(bytes, []byte(f+"\r\n"))
		}
		got := ""
		if p := GuessText(bytes); len(p) > 0 {
			got = p[0].Spec.String()
		}
		if got != want {
			t.Errorf("%q is guessed as %q, want %q", frames, got, want)
		}
	}
}

// A struct of one length is taken apart where its numbers change least like noise.
func TestGuessStruct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var frames [][]byte
	for n := range 200 {
		var f []byte
		f = append(f, 0xaa, 7)
		f = binary.BigEndian.AppendUint16(f, uint16(215+random.IntN(9)))
		f = binary.LittleEndian.AppendUint32(f, math.Float32bits(float32(1000+10*math.Sin(float64(n)/20))))
		f = binary.LittleEndian.AppendUint32(f, uint32(100000+n*1000+random.IntN(50)))
		f = append(f, byte(random.Uint32()))
		frames = append(frames, f)
	}
	p, ok := GuessStruct(frames)
	if want := "u8 v0, u8 v1, u16be v2, f32le v3, u32le v4, u8 v5"; !ok || p.Spec.String() != want {
		t.Errorf("%v\n%s\n%s", ok, p.Spec, want)
	}
	if p.Share() != "100 %" || !strings.Contains(p.Summary(), "v0=170") {
		t.Errorf("%s %s", p.Share(), p.Summary())
	}
	if _, ok := GuessStruct(frames[:3]); ok {
		t.Error("three frames are enough")
	}
}

// FuzzGuess: frames of any content are guessed at without a panic.
func FuzzGuess(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"), uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		n := int(size) + 1
		var frames [][]byte
		for len(data) >= n {
			frames, data = append(frames, data[:n]), data[n:]
		}
		GuessText(frames)
		GuessStruct(frames)
	})
}
