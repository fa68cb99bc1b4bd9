package query

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/recording"
)

// SeriesQuery asks for the values of frames over time, in columns of equal time as a
// chart draws them.
type SeriesQuery struct {
	Cut FrameQuery // with Fields
	// Filter says of which session, peer and direction.
	Filter recording.Filter
	// Since and Until bound the time; zero is from the first value, to the last.
	Since, Until time.Time
	Columns      int // 1 to MaxSeriesColumns
}

// SeriesPage is the answer to a SeriesQuery. A query is bounded: while Done is false
// there are events that were not read yet, and the same query goes on with them.
type SeriesPage struct {
	Series []Series
	// From and To are the time that the columns divide.
	From, To time.Time
	// Columns is how many there are: fewer than asked for if there are many series.
	Columns int
	Done    bool
	LeftOut int // values of more names and peers than a chart can have
}

// Series is one named value of one peer over time.
type Series struct {
	Name, Unit string
	Peer       *sockeye.Peer
	Kind       sockeye.EventKind // sockeye.Received or sockeye.Sent
	// Stats describe the values between From and To, Columns say what is drawn: only
	// those that have values, in order.
	Stats   fields.Stats
	Columns []SeriesColumn
}

// SeriesColumn is what happened to a value in a part of the time. No spike is lost.
type SeriesColumn struct {
	Column int       // 0 is the first
	Time   time.Time // of the first value in it
	Seq    uint64    // the event with that value
	fields.Stats
}

// The bounds of series.
const (
	MaxSeriesColumns = 2000
	maxSeries        = 64
	maxBuckets       = 1 << 14 // of one series in memory
	maxSeriesStores  = 2
	maxSeriesPoints  = 2000 // of all series of a page together, as far as
	minSeriesColumns = 30   // leaves each of them so many
)

// seriesSink keeps series in parts, for charts over time.
type seriesSink struct {
	series  []*seriesData
	byKey   map[seriesKey]*seriesData
	leftOut int
}

// seriesKey is whose value it is: a peer's, in a direction.
type seriesKey struct {
	id     uint64
	remote sockeye.SocketAddr
	kind   sockeye.EventKind
	name   string
}

func keyOf(f *framing.PeerFrame, name string) seriesKey {
	key := seriesKey{kind: f.Kind, name: name}
	if f.Peer != nil {
		key.id, key.remote = f.Peer.ID, f.Peer.Remote
	}
	return key
}

// drawable reports whether a value is a number that a chart has a place for.
func drawable(v *fields.Value) bool {
	return v.Numeric && !math.IsNaN(v.Number) && !math.IsInf(v.Number, 0)
}

// seriesData is a value in parts of so many values each: more values make the parts
// longer, not more.
type seriesData struct {
	Series
	per     int // values of a bucket
	buckets []bucket
}

// bucket is a part of a series.
type bucket struct {
	time time.Time
	seq  uint64
	fields.Stats
}

// Series reads values over time. The error is an *sockeye.Error.
func (r *Reader) Series(ctx context.Context, q SeriesQuery) (*SeriesPage, error) {
	store := r.series.store(q.key(), &q, &seriesSink{})
	store.mu.Lock()
	defer store.mu.Unlock()
	done, err := store.read(ctx, r, &q)
	if err != nil {
		return nil, err
	}
	sink := store.sink.(*seriesSink)
	page := &SeriesPage{Done: done, LeftOut: sink.leftOut, From: q.Since, To: q.Until}
	page.Columns = max(min(q.Columns, minSeriesColumns), min(q.Columns, maxSeriesPoints/max(1, len(sink.series))))
	for _, s := range sink.series {
		if q.Since.IsZero() && (page.From.IsZero() || s.buckets[0].time.Before(page.From)) {
			page.From = s.buckets[0].time
		}
		if last := s.buckets[len(s.buckets)-1].time; q.Until.IsZero() && last.After(page.To) {
			page.To = last
		}
	}
	for _, s := range sink.series {
		out := s.Series
		out.Columns = s.columns(page, page.Columns, &out.Stats)
		page.Series = append(page.Series, out)
	}
	return page, nil
}

// add takes the numbers of a frame.
func (s *seriesSink) add(f *framing.PeerFrame, values []fields.Value) {
	for n := range values {
		v := &values[n]
		if !drawable(v) {
			continue
		}
		if one := s.seriesOf(f, v); one != nil {
			one.add(f.Time, f.Seq, v.Number)
		} else {
			s.leftOut++
		}
	}
}

// seriesOf is the series of a value; nil if there are too many.
func (s *seriesSink) seriesOf(f *framing.PeerFrame, v *fields.Value) *seriesData {
	key := keyOf(f, v.Name)
	one := s.byKey[key]
	if one == nil && len(s.series) < maxSeries {
		one = &seriesData{Series: Series{Name: v.Name, Unit: v.Unit, Peer: f.Peer, Kind: f.Kind}, per: 1}
		if s.byKey == nil {
			s.byKey = map[seriesKey]*seriesData{}
		}
		s.byKey[key] = one
		s.series = append(s.series, one)
	}
	return one
}

// add takes the next value.
func (s *seriesData) add(t time.Time, seq uint64, y float64) {
	last := len(s.buckets) - 1
	if last < 0 || s.buckets[last].N >= s.per {
		if len(s.buckets) == maxBuckets {
			s.halve()
		}
		s.buckets = append(s.buckets, bucket{time: t, seq: seq})
		last = len(s.buckets) - 1
	}
	s.buckets[last].Add(y)
}

// halve puts two buckets together each.
func (s *seriesData) halve() {
	for n := range len(s.buckets) / 2 {
		b := s.buckets[2*n]
		b.Merge(&s.buckets[2*n+1].Stats)
		s.buckets[n] = b
	}
	s.buckets = s.buckets[:len(s.buckets)/2]
	s.per *= 2
}

// columns divides the buckets that begin in the time of a page.
func (s *seriesData) columns(page *SeriesPage, count int, all *fields.Stats) (out []SeriesColumn) {
	span := page.To.Sub(page.From)
	from, _ := slices.BinarySearchFunc(s.buckets, page.From, func(b bucket, t time.Time) int { return b.time.Compare(t) })
	for i := from; i < len(s.buckets) && !s.buckets[i].time.After(page.To); i++ {
		b := &s.buckets[i]
		at := 0
		if span > 0 {
			at = max(0, min(count-1, int(float64(b.time.Sub(page.From))/float64(span)*float64(count))))
		}
		all.Merge(&b.Stats)
		if n := len(out); n == 0 || out[n-1].Column != at {
			out = append(out, SeriesColumn{Column: at, Time: b.time, Seq: b.seq})
		}
		out[len(out)-1].Merge(&b.Stats)
	}
	return out
}

// ParseColumns judges how many columns a chart has; 0 is 600.
func ParseColumns(n uint64) (int, error) {
	n = cmp.Or(n, 600)
	if n > MaxSeriesColumns {
		return 0, invalid("columns", sockeye.Text{En: "more than 2000", Zh: "超过 2000"}, sockeye.Text{})
	}
	return int(n), nil
}
