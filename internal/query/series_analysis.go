package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
)

// Histograms are how the values of each series are spread between the times of a query.
// While Done is false there are events that were not read yet.
type Histograms struct {
	Series  []SeriesHistogram
	Done    bool
	LeftOut int // values of more names and peers than there can be
}

// SeriesHistogram is how one named value of one peer is spread. The Series has no columns.
type SeriesHistogram struct {
	Series
	Low, Width float64 // of the first interval, and of each
	Counts     []int
}

// XYPage is one series over another, of each peer and direction.
type XYPage struct {
	Series  []SeriesXY
	Done    bool
	LeftOut int
}

// SeriesXY is where pairs of values of one peer are. The Series is that of y.
type SeriesXY struct {
	Series
	Pairs int
	Cells []fields.Cell // Seq is the event of the last pair
	// SpanX and SpanY are from the least to the greatest of Cells.
	SpanX, SpanY [2]float64
}

// Triggered is where a trigger fired.
type Triggered struct {
	Count       int
	First, Last TriggerPoint // of no event if it did not fire
	Done        bool
}

// TriggerPoint is a value at which a trigger fired.
type TriggerPoint struct {
	Time  time.Time
	Seq   uint64
	Peer  *sockeye.Peer
	Value float64
}

// within are the times of a query.
type within struct{ since, until time.Time }

func (w *within) has(t time.Time) bool {
	return (w.since.IsZero() || !t.Before(w.since)) && (w.until.IsZero() || !t.After(w.until))
}

// shapeOf reads on what was made of the values of a query, and gives it to a function
// that may not keep it.
func shapeOf[S valueSink](ctx context.Context, r *Reader, q *SeriesQuery, what string, sink S, take func(sink S)) (done bool, err error) {
	key := fmt.Sprintf("%s\n%d %d\n%s", what, q.Since.UnixNano(), q.Until.UnixNano(), q.key())
	store := r.shapes.store(key, q, sink)
	store.mu.Lock()
	defer store.mu.Unlock()
	if done, err = store.read(ctx, r, q); err == nil {
		take(store.sink.(S))
	}
	return done, err
}

// Histograms reads how values are spread. The error is an *sockeye.Error.
func (r *Reader) Histograms(ctx context.Context, q SeriesQuery) (out Histograms, err error) {
	out.Done, err = shapeOf(ctx, r, &q, "histogram", &histogramSink{within: within{q.Since, q.Until}, byKey: map[seriesKey]int{}}, func(s *histogramSink) {
		out.LeftOut = s.leftOut
		for _, one := range s.list {
			h := SeriesHistogram{Series: one.Series}
			h.Stats = one.histogram.Stats
			h.Low, h.Width, h.Counts = one.histogram.Bins()
			out.Series = append(out.Series, h)
		}
	})
	return out, err
}

// histogramSink keeps how values are spread.
type histogramSink struct {
	within  within
	list    []*histogramData
	byKey   map[seriesKey]int
	leftOut int
}

type histogramData struct {
	Series
	histogram fields.Histogram
}

func (s *histogramSink) add(f *framing.PeerFrame, values []fields.Value) {
	if !s.within.has(f.Time) {
		return
	}
	for n := range values {
		v := &values[n]
		if !drawable(v) {
			continue
		}
		key := keyOf(f, v.Name)
		at, known := s.byKey[key]
		if !known && len(s.list) == maxSeries {
			s.leftOut++
			continue
		}
		if !known {
			at = len(s.list)
			s.byKey[key] = at
			s.list = append(s.list, &histogramData{Series: Series{Name: v.Name, Unit: v.Unit, Peer: f.Peer, Kind: f.Kind}})
		}
		s.list[at].histogram.Add(v.Number)
	}
}

// XY reads one series over another: a value y is paired with the x of its frame, or with
// the last one before. The error is an *sockeye.Error.
func (r *Reader) XY(ctx context.Context, q SeriesQuery, x, y string) (out XYPage, err error) {
	sink := &xySink{within: within{q.Since, q.Until}, x: x, y: y, byKey: map[seriesKey]*xyData{}}
	out.Done, err = shapeOf(ctx, r, &q, fmt.Sprintf("xy %q %q", x, y), sink, func(s *xySink) {
		out.LeftOut = s.leftOut
		for _, one := range s.list {
			if one.pairs.Grid.N == 0 {
				continue
			}
			xy := SeriesXY{Series: one.Series, Pairs: one.pairs.Grid.N, Cells: fields.Coarser(one.pairs.Grid.Cells(), maxXYCells/len(s.list))}
			xy.SpanX, xy.SpanY = fields.Spans(xy.Cells)
			out.Series = append(out.Series, xy)
		}
	})
	return out, err
}

// The bounds of x–y charts: of how many peers and directions there are some, and how many
// cells they have together.
const (
	maxXY      = 8
	maxXYCells = 3000
)

// xySink pairs values.
type xySink struct {
	within  within
	x, y    string
	xs, ys  []float64 // of a frame
	list    []*xyData
	byKey   map[seriesKey]*xyData
	leftOut int
}

type xyData struct {
	Series
	pairs fields.XY
}

func (s *xySink) add(f *framing.PeerFrame, values []fields.Value) {
	s.xs, s.ys = fields.NumbersOf(s.xs[:0], values, s.x), fields.NumbersOf(s.ys[:0], values, s.y)
	if len(s.xs)+len(s.ys) == 0 || !s.within.has(f.Time) {
		return
	}
	key := keyOf(f, "")
	one := s.byKey[key]
	if one == nil && len(s.list) == maxXY {
		s.leftOut += len(s.ys)
		return
	}
	if one == nil {
		one = &xyData{Series: Series{Name: s.y, Peer: f.Peer, Kind: f.Kind}}
		s.byKey[key] = one
		s.list = append(s.list, one)
	}
	if at := slices.IndexFunc(values, func(v fields.Value) bool { return v.Name == s.y }); at >= 0 {
		one.Unit = values[at].Unit
	}
	one.pairs.AddFrame(s.xs, s.ys, f.Seq)
}

// TriggerQuery asks where a trigger on a named value fired.
type TriggerQuery struct {
	SeriesQuery // without columns
	Value       string
	Trigger     fields.Trigger
}

// ParseTrigger reads a trigger as it is written in a query; holdOff is what it waits for
// after it fired. The error joins everything that is wrong, each an *sockeye.Error that
// names the parameter, trigger or level.
func ParseTrigger(kind, level string, holdOff time.Duration) (fields.Trigger, error) {
	t := fields.Trigger{HoldOff: holdOff}
	var badKind, badLevel sockeye.Text
	t.Kind, badKind = fields.TriggerKindOf(kind)
	t.Level, badLevel = fields.TriggerLevelOf(level)
	var wrong []error
	if !badKind.IsZero() {
		wrong = append(wrong, invalid("trigger", badKind, sockeye.Text{En: "write rising, falling, either, above or below", Zh: "写 rising、falling、either、above 或 below"}))
	}
	if !badLevel.IsZero() {
		wrong = append(wrong, invalid("level", badLevel, sockeye.Text{En: "write the value at which it fires, such as level=20.5", Zh: "写触发时的数值，例如 level=20.5"}))
	}
	return t, errors.Join(wrong...)
}

// Triggers reads where a trigger fired. The error is an *sockeye.Error.
func (r *Reader) Triggers(ctx context.Context, q TriggerQuery) (out Triggered, err error) {
	sink := &triggerSink{within: within{q.Since, q.Until}, name: q.Value, trigger: q.Trigger, states: map[seriesKey]*fields.TriggerState{}}
	out.Done, err = shapeOf(ctx, r, &q.SeriesQuery, fmt.Sprintf("trigger %q %v", q.Value, q.Trigger), sink, func(s *triggerSink) {
		out.Count, out.First, out.Last = s.fired.Count, s.fired.First, s.fired.Last
	})
	return out, err
}

// triggerSink follows a trigger on the series of each peer.
type triggerSink struct {
	within  within
	name    string
	trigger fields.Trigger
	states  map[seriesKey]*fields.TriggerState
	fired   Triggered
}

func (s *triggerSink) add(f *framing.PeerFrame, values []fields.Value) {
	if !s.within.has(f.Time) {
		return
	}
	for n := range values {
		v := &values[n]
		if v.Name != s.name || !drawable(v) {
			continue
		}
		key := keyOf(f, v.Name)
		state := s.states[key]
		if state == nil {
			if len(s.states) == maxSeries {
				continue
			}
			state = &fields.TriggerState{}
			s.states[key] = state
		}
		if !state.Fires(s.trigger, f.Time, v.Number) {
			continue
		}
		s.fired.Last = TriggerPoint{Time: f.Time, Seq: f.Seq, Peer: f.Peer, Value: v.Number}
		if s.fired.Count == 0 {
			s.fired.First = s.fired.Last
		}
		s.fired.Count++
	}
}
