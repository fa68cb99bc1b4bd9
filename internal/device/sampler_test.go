package device

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/outbox"
)

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// scripted gives one value after another, NaN for an error.
type scripted struct {
	values []float64
	next   int
}

func (s *scripted) Read(context.Context) (float64, error) {
	v := s.values[min(s.next, len(s.values)-1)]
	s.next++
	if math.IsNaN(v) {
		return 0, errors.New("broken")
	}
	return v, nil
}
func (s *scripted) Unit() string { return "" }
func (s *scripted) Close() error { return nil }

func scriptedChannel(s Sensor, values ...float64) *channel {
	c := &channel{Sensor: &s, source: &scripted{values: values}, said: math.NaN()}
	c.every.Store(int64(s.Every.or(time.Second)))
	return c
}

// sampled are the rows that channels give in a time, with the time since the beginning;
// fresh values are marked. Everything happens in a bubble of its own.
func sampled(t *testing.T, length time.Duration, during func(b *runningBoard), channels ...*channel) (rows []string, broken []string) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		q, err := outbox.Open(outbox.QueueOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		b := &runningBoard{file: &Config{Name: "b", Commands: CommandTable{Rates: true}}, channels: channels, targets: []*targetRunner{{queue: q}}, report: func(TargetStatus) {}}
		b.broken = func(_, sensor string, err error) {
			word := sensor + " well"
			if err != nil {
				word = sensor + " broken"
			}
			broken = append(broken, word)
		}
		woken := make(chan struct{}, 1)
		for _, c := range channels {
			c.woken = woken
			b.file.Sensors = append(b.file.Sensors, *c.Sensor)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		if during != nil {
			time.AfterFunc(length/2, func() { during(b) })
		}
		(&sampler{b, channels}).run(ctx)
		rows = written(t, q, start)
	})
	return rows, broken
}

// written are the rows in a queue.
func written(t *testing.T, q *outbox.Queue, start time.Time) (rows []string) {
	t.Helper()
	records, err := q.Next(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		row, err := decodeRow(record)
		if err != nil {
			t.Fatal(err)
		}
		text := row.Time.Sub(start).String()
		for _, v := range row.Values {
			mark := ""
			if v.Fresh {
				mark = "!"
			}
			text += " " + v.Name + "=" + string(appendNumber(nil, v.Number)) + mark
		}
		rows = append(rows, text)
	}
	return rows
}

// Sensors that are due together are one row; each has its own rate.
func TestSensorsDueTogetherAreOneRow(t *testing.T) {
	rows, _ := sampled(t, 450*time.Millisecond, nil,
		scriptedChannel(Sensor{Name: "a", Every: FileDuration(100 * time.Millisecond)}, 1, 2, 3, 4, 5),
		scriptedChannel(Sensor{Name: "b", Every: FileDuration(200 * time.Millisecond)}, 10, 20, 30))
	want := []string{"0s a=1! b=10!", "100ms a=2! b=10", "200ms a=3! b=20!", "300ms a=4! b=20", "400ms a=5! b=30!"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A dead band leaves out what is as good as the last value, for a time at most.
func TestDeadBand(t *testing.T) {
	digits := 1
	rows, _ := sampled(t, 750*time.Millisecond, nil,
		scriptedChannel(Sensor{Name: "t", Every: FileDuration(100 * time.Millisecond), DeadBand: 0.5, AtLeast: FileDuration(300 * time.Millisecond), Scale: 0.1, Offset: 1, Digits: &digits},
			100, 104, 106, 106, 106, 106, 106, 94))
	want := []string{"0s t=11!", "200ms t=11.6!", "500ms t=11.6!", "700ms t=10.4!"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// A sensor that breaks says so once, and the others go on.
func TestBrokenSensor(t *testing.T) {
	nan := math.NaN()
	rows, broken := sampled(t, 350*time.Millisecond, nil,
		scriptedChannel(Sensor{Name: "a", Every: FileDuration(100 * time.Millisecond)}, nan, nan, 3, 4),
		scriptedChannel(Sensor{Name: "b", Every: FileDuration(100 * time.Millisecond)}, 1, 2, 3, 4))
	if diff := cmp.Diff([]string{"0s b=1!", "100ms b=2!", "200ms b=3! a=3!", "300ms b=4! a=4!"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a broken", "a well"}, broken); diff != "" {
		t.Error(diff)
	}
}

// A rate that is changed counts at once.
func TestRateIsChanged(t *testing.T) {
	rows, _ := sampled(t, 10*time.Second, func(b *runningBoard) {
		b.command("rate a 2s", func(got string) {
			if got != "ok rate a 2s" {
				t.Error(got)
			}
		})
	}, scriptedChannel(Sensor{Name: "a", Every: FileDuration(4 * time.Second)}, 1, 2, 3, 4, 5, 6))
	if diff := cmp.Diff([]string{"0s a=1!", "4s a=2!", "5s a=3!", "7s a=4!", "9s a=5!"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
