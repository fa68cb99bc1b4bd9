package query

import (
	"context"
	"slices"
	"sync"
	"time"

	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/recording"
)

// valueStores are what charts asked for lately, so that a chart that is asked for again
// reads only what came since. All methods may be called from any goroutine.
type valueStores struct {
	mu   sync.Mutex
	list []*valueStore // the one used last is first
}

// valueStore has what was made of the values of frames up to an event.
type valueStore struct {
	key string

	mu     sync.Mutex
	at     uint64 // the next event to read
	split  *framing.Splitter
	reader *fields.SetReader
	values []fields.Value
	sink   valueSink
}

// streamBeginnings is the sink of a store whose reader is all that is wanted: it knows the
// headers of all streams.
type streamBeginnings struct{}

func (streamBeginnings) add(*framing.PeerFrame, []fields.Value) {}

// headersOf is a reader that knows the headers of all streams, for frames that are read out
// of order, until release. While done is false there are events that it has not read yet.
func (r *Reader) headersOf(ctx context.Context, cut *FrameQuery) (reader *fields.SetReader, release func(), done bool, err error) {
	q := &SeriesQuery{Cut: *cut}
	store := r.headers.store(q.key(), q, streamBeginnings{})
	store.mu.Lock()
	done, err = store.read(ctx, r, q)
	return store.reader, store.mu.Unlock, done, err
}

// valueSink takes the values of each frame, in order. They are borrowed for the call.
type valueSink interface {
	add(f *framing.PeerFrame, values []fields.Value)
}

// key is what the values of a query depend on, without its times.
func (q *SeriesQuery) key() string {
	key := q.Cut.Spec.String() + " " + q.Cut.Check.String() + " " + q.Filter.Session + " " + q.Filter.Peer + " " + q.Filter.Direction.String()
	for _, spec := range q.Cut.Fields {
		key += "\n" + spec.String()
	}
	return key
}

// store is that with a key; a new one gives its values to sink.
func (s *valueStores) store(key string, q *SeriesQuery, sink valueSink) *valueStore {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.list, func(one *valueStore) bool { return one.key == key })
	if at < 0 {
		s.list = append(s.list, &valueStore{key: key, split: framing.NewSplitter(q.Cut.Spec, q.Cut.Check), reader: q.Cut.Fields.NewReader(), sink: sink})
		at = len(s.list) - 1
	}
	found := s.list[at]
	s.list = slices.Insert(slices.Delete(s.list, at, at+1), 0, found)
	s.list = s.list[:min(len(s.list), maxSeriesStores)]
	return found
}

// read takes the values of events that came since, for as long as a query may take;
// false if there are more. mu is held.
func (s *valueStore) read(ctx context.Context, r *Reader, q *SeriesQuery) (done bool, err error) {
	m, err := recording.Filter{Session: q.Filter.Session, Peer: q.Filter.Peer}.Matcher()
	if err != nil {
		return false, err
	}
	until := time.Now().Add(maxScanTime)
	_, next, _, _ := r.VisibleSpan()
	c := r.View(max(s.at, r.Oldest()))
	defer c.Close()
	take := func(f *framing.PeerFrame) {
		if q.Filter.Direction == 0 || f.Kind == q.Filter.Direction {
			s.values = valuesOf(s.reader, s.values[:0], f)
			s.sink.add(f, s.values)
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
