package terminal

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// Pieces of a file leave at times counted from the start: a slow one does not slow down
// the whole, and no rate is no waiting.
func TestFilePace(t *testing.T) {
	for _, c := range []struct {
		name  string
		pace  chunkPace
		takes map[int]time.Duration // to send the nth piece
		want  []time.Duration       // when each piece leaves, in milliseconds
	}{
		{"rate", chunkPace{chunk: 100, rate: 1000}, nil, []time.Duration{0, 100, 200, 300, 400}},
		{"rate alone", chunkPace{rate: 2000}, nil, []time.Duration{0, 50, 100, 150, 200}},
		{"slow pieces", chunkPace{chunk: 100, rate: 1000}, map[int]time.Duration{1: 250 * time.Millisecond}, []time.Duration{0, 100, 350, 350, 400}},
		{"no rate", chunkPace{chunk: 100}, map[int]time.Duration{2: 5 * time.Millisecond}, []time.Duration{0, 0, 0, 5, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, file := time.Now(), bytes.Repeat([]byte("x"), 450)
				var at []time.Duration
				sent, readErr, err := c.pace.copy(t.Context(), bytes.NewReader(file), make([]byte, c.pace.size("tcp")), func(piece []byte) (int, error) {
					at = append(at, time.Since(start)/time.Millisecond)
					time.Sleep(c.takes[len(at)-1])
					return len(piece), nil
				})
				if diff := cmp.Diff(c.want, at); diff != "" || sent != len(file) || readErr != nil || err != nil {
					t.Errorf("%d bytes, %v, %v; pieces (-want +got):\n%s", sent, readErr, err, diff)
				}
			})
		})
	}
}

// Whoever stops waits no more, and knows what was sent.
func TestFilePaceStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer stop()
		start := time.Now()
		sent, _, err := chunkPace{rate: 1}.copy(ctx, bytes.NewReader([]byte("abc")), make([]byte, 1), func(piece []byte) (int, error) { return len(piece), nil })
		if e := sockeye.ErrorOf(err); sent != 2 || e == nil || e.Kind != sockeye.Canceled || time.Since(start) != 1500*time.Millisecond {
			t.Errorf("%d bytes, %v after %s", sent, err, time.Since(start))
		}
		broken := errors.New("broken")
		sent, _, err = chunkPace{}.copy(t.Context(), bytes.NewReader([]byte("abc")), make([]byte, 2), func([]byte) (int, error) { return 1, broken })
		if sent != 1 || err != broken {
			t.Errorf("%d bytes, %v", sent, err)
		}
	})
}
