package terminal

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Lines leave whole, one delay apart, however they came.
func TestDelayedLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type sent struct {
			after time.Duration
			line  string
		}
		var got []sent
		began := time.Now()
		d := &delayedLines{ctx: t.Context(), delay: time.Second, send: func(b []byte) error {
			got = append(got, sent{time.Since(began), string(b)})
			return nil
		}}
		for _, chunk := range []string{"one\ntw", "o\nthr", "ee"} {
			if err := d.add([]byte(chunk)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.flush(); err != nil {
			t.Fatal(err)
		}
		want := []sent{{0, "one\n"}, {time.Second, "two\n"}, {2 * time.Second, "three"}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sent{})); diff != "" {
			t.Error(diff)
		}
	})
}
