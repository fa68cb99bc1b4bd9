package device

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"sockeye/internal/sensor"
)

// channel is a sensor that is read.
type channel struct {
	*Sensor
	every  atomic.Int64 // nanoseconds
	source sensor.Source
	woken  chan struct{} // its rate has changed

	// These belong to the sampler's goroutine.
	due    time.Time
	said   float64 // the last value that was fresh; NaN before the first
	saidAt time.Time
	broken bool // the last reading failed
}

func (c *channel) wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// openChannel opens the source of a sensor of a file.
func openChannel(m *sensor.Hardware, f *Config, s *Sensor, now func() time.Time, seed uint64, getenv func(string) string) (*channel, error) {
	c := &channel{Sensor: s, said: math.NaN(), woken: make(chan struct{}, 1)}
	c.every.Store(int64(s.Every.or(time.Second)))
	var err error
	switch {
	case s.Simulate != "":
		c.source = sensor.NewSimulation(sensor.Simulation{Shape: s.Simulate, Minimum: s.Minimum, Maximum: s.Maximum,
			Period: time.Duration(s.Period), Steps: s.Steps, Seed: s.Seed + seed, Values: s.values}, s.Unit, now)
	case s.File != "":
		c.source = sensor.File(s.File, s.Unit, s.pick())
	case len(s.Command) > 0 && f.safeMode:
		c.source = safeSource{s.Unit, s.Name}
	case len(s.Command) > 0:
		c.source = sensor.Command(s.Command, s.Unit, s.pick())
	case s.SessionID != "":
		c.source = &sessionSource{Sensor: s, getenv: getenv}
	case strings.HasPrefix(s.Read, "gpio/"):
		c.source, err = openLine(m, s)
	default:
		c.source, err = m.Open(s.Read)
	}
	return c, err
}

func openLine(m *sensor.Hardware, s *Sensor) (sensor.Source, error) {
	l, err := m.OpenLine(s.Read, s.line())
	if err != nil {
		return nil, err
	}
	return l, nil
}

// slow says whether reading may take longer than others can wait: each such sensor has a
// sampler of its own. A 1-Wire thermometer converts for 750 ms.
func (c *channel) slow() bool {
	return len(c.Command) > 0 || c.File != "" || c.SessionID != "" || strings.HasPrefix(c.Read, "w1/")
}

// value reads the sensor: scaled, and rounded to its digits.
func (c *channel) value(ctx context.Context) (float64, error) {
	v, err := c.source.Read(ctx)
	if err != nil {
		return 0, err
	}
	return c.convert(v), nil
}

func (c *channel) convert(v float64) float64 {
	if c.Scale != 0 {
		v *= c.Scale
	}
	v += c.Offset
	if c.Digits != nil {
		p := math.Pow10(*c.Digits)
		v = math.Round(v*p) / p
	}
	return v
}

// isFresh says whether a value is different enough from the last one that was said, or
// the last one too long ago.
func (c *channel) isFresh(v float64, at time.Time) bool {
	if math.IsNaN(c.said) || c.DeadBand == 0 || math.Abs(v-c.said) > c.DeadBand ||
		c.AtLeast > 0 && at.Sub(c.saidAt) >= time.Duration(c.AtLeast) {
		c.said, c.saidAt = v, at
		return true
	}
	return false
}

// sampler reads channels at their rates, those that are due together as one row.
type sampler struct {
	board    *runningBoard
	channels []*channel
}

func (s *sampler) run(ctx context.Context) {
	start := time.Now()
	for _, c := range s.channels {
		c.due = start
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			s.sample(ctx, time.Now())
		case <-s.channels[0].woken: // all channels of a sampler share one
			for _, c := range s.channels {
				c.due = time.Now()
			}
		case <-ctx.Done():
			return
		}
		timer.Reset(time.Until(s.next()))
	}
}

// next is when the next channel is due.
func (s *sampler) next() time.Time {
	next := s.channels[0].due
	for _, c := range s.channels[1:] {
		if c.due.Before(next) {
			next = c.due
		}
	}
	return next
}

// together is how close two channels are due to be one row.
const together = 500 * time.Microsecond

// sample reads what is due.
func (s *sampler) sample(ctx context.Context, now time.Time) {
	var values []SensorValue
	for _, c := range s.channels {
		if c.due.After(now.Add(together)) {
			continue
		}
		every := time.Duration(c.every.Load())
		if c.due = c.due.Add(every); c.due.Before(now) { // we were too slow: what was missed stays missed
			c.due = now.Add(every)
		}
		v, err := c.value(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.board.failed(c, err) {
			continue
		}
		values = append(values, SensorValue{c.Name, v, c.isFresh(v, now)})
	}
	s.board.measured(now, values)
}

// edges says the changes of a GPIO line as they come.
func (b *runningBoard) edges(ctx context.Context, c *channel) {
	line := c.source.(*sensor.GPIOLine)
	err := line.Events(ctx, func(e sensor.GPIOEvent) bool {
		b.measured(time.Now(), []SensorValue{{c.Name, c.convert(e.Value()), true}})
		return true
	})
	b.failed(c, err)
}
