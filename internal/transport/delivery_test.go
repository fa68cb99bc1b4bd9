package transport_test

import (
	"math/rand/v2"
	"testing"

	"sockeye/internal/transport"
)

// What DeliveryTracker says is what a list of every single frame says, however often it forgets.
func TestDeliveryCountsWhatIsInFrames(t *testing.T) {
	type frame struct{ size, carried int }
	random := rand.New(rand.NewPCG(14, 14))
	var d transport.DeliveryTracker
	var frames []frame
	for range 20000 {
		f := frame{22 + random.IntN(3), random.IntN(3)}
		if random.IntN(10) == 0 { // many of one size follow each other
			f = frame{16406, 16384}
		}
		d.Pass(f.size)
		d.Mark(f.carried)
		frames = append(frames, f)
		sent := 0
		for n := len(frames) - 1; n >= max(0, len(frames)-40); n-- {
			sent += frames[n].size
		}
		onTheWay := random.IntN(sent + 1)
		want := 0
		for n, left := len(frames)-1, onTheWay; left > 0; n-- {
			want += frames[n].carried
			left -= frames[n].size
		}
		if got := d.Missing(onTheWay); got != want {
			t.Fatalf("of %d bytes on their way %d are missing, want %d", onTheWay, got, want)
		}
		if d.IsLong() {
			d.Forget(sent)
		}
	}
	d.Pass(24) // a close_notify carries nothing
	if got := d.Missing(24); got != 0 {
		t.Errorf("%d bytes are missing of what carries none", got)
	}
	last := frames[len(frames)-1]
	if got := d.Missing(25); got != last.carried {
		t.Errorf("%d bytes are missing, want those of the last frame, %d", got, last.carried)
	}
}
