package query

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
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
	Done     bool
	LeftOut  int // values of more names and peers than a chart can have
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
)

// seriesStores are the values that charts asked for lately, so that a chart that is
// asked for again reads only what came since.
type seriesStores struct {
	mu   sync.Mutex
	list []*seriesStore // the one used last is first
}

// store is that of a query, without its times.
func (s *seriesStores) store(q *SeriesQuery) *seriesStore {
	key := q.Cut.Spec.String() + " " + q.Cut.Check.String() + " " + q.Filter.Session + " " + q.Filter.Peer + " " + q.Filter.Direction.String()
	for _, spec := range q.Cut.Fields {
		key += "\n" + spec.String()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.list, func(one *seriesStore) bool { return one.key == key })
	if at < 0 {
		s.list = append(s.list, &seriesStore{key: key, split: framing.NewSplitter(q.Cut.Spec, q.Cut.Check), reader: q.Cut.Fields.NewReader()})
		at = len(s.list) - 1
	}
	found := s.list[at]
	s.list = slices.Insert(slices.Delete(s.list, at, at+1), 0, found)
	s.list = s.list[:min(len(s.list), maxSeriesStores)]
	return found
}

// seriesStore has the values of one way to read them, up to an event.
type seriesStore struct {
	key string

	mu      sync.Mutex
	at      uint64 // the next event to read
	split   *framing.Splitter
	reader  *fields.SetReader
	values  []fields.Value
	series  []*seriesData
	byKey   map[seriesKey]*seriesData
	leftOut int
}

type seriesKey struct {
	id     uint64
	remote sockeye.SocketAddr
	kind   sockeye.EventKind
	name   string
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
	m, err := recording.Filter{Session: q.Filter.Session, Peer: q.Filter.Peer}.Matcher()
	if err != nil {
		return nil, err
	}
	store := r.series.store(&q)
	store.mu.Lock()
	defer store.mu.Unlock()
	done, err := store.read(ctx, r, m, q.Filter.Direction)
	if err != nil {
		return nil, err
	}
	page := &SeriesPage{Done: done, LeftOut: store.leftOut, From: q.Since, To: q.Until}
	for _, s := range store.series {
		if q.Since.IsZero() && (page.From.IsZero() || s.buckets[0].time.Before(page.From)) {
			page.From = s.buckets[0].time
		}
		if last := s.buckets[len(s.buckets)-1].time; q.Until.IsZero() && last.After(page.To) {
			page.To = last
		}
	}
	for _, s := range store.series {
		out := s.Series
		out.Columns = s.columns(page, q.Columns, &out.Stats)
		page.Series = append(page.Series, out)
	}
	return page, nil
}

// read takes the values of events that came since, for as long as a query may take;
// false if there are more.
func (s *seriesStore) read(ctx context.Context, r *Reader, m *recording.EventMatcher, direction sockeye.EventKind) (done bool, err error) {
	until := time.Now().Add(maxScanTime)
	_, next, _, _ := r.VisibleSpan()
	c := r.View(max(s.at, r.Oldest()))
	defer c.Close()
	take := func(f *framing.PeerFrame) {
		if direction == 0 || f.Kind == direction {
			s.values = valuesOf(s.reader, s.values[:0], f)
			s.add(f)
		}
	}
	for n := 1; ; n++ {
		e, ok := c.Try()
		if !ok || e.Seq >= next {
			return true, nil
		}
		if e.Peer == nil || m.Wants(&e) {
			s.split.Event(&e, take)
		}
		s.at = e.NextSeq()
		if s.split.Held() > maxHeldBytes {
			return false, tooManyBytes()
		}
		if n%scanHeartbeat == 0 && (time.Now().After(until) || ctx.Err() != nil) {
			return false, nil
		}
	}
}

// add takes the numbers of a frame.
func (s *seriesStore) add(f *framing.PeerFrame) {
	for n := range s.values {
		v := &s.values[n]
		if !v.Numeric || math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
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
func (s *seriesStore) seriesOf(f *framing.PeerFrame, v *fields.Value) *seriesData {
	key := seriesKey{kind: f.Kind, name: v.Name}
	if f.Peer != nil {
		key.id, key.remote = f.Peer.ID, f.Peer.Remote
	}
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
