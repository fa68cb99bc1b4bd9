package recording

import (
	"context"

	"sockeye"
	"sockeye/internal/pcapng"
)

// indexOf is the index of a file: the one beside it, or a new one, which is left
// beside it if it is a segment.
func (r *Files) indexOf(ctx context.Context, f segmentFile, progress func(int64)) (*index, error) {
	if r.isDir {
		if x, err := loadIndex(f); err == nil {
			return x, nil
		}
	}
	x, err := r.scan(ctx, f, progress)
	if err == nil && r.isDir {
		x.save(f)
	}
	return x, err
}

// scan reads a file and makes its index.
func (r *Files) scan(ctx context.Context, f segmentFile, progress func(int64)) (*index, error) {
	// It has names of its own, so that a peer has the alias that it had at each event.
	one := &Files{path: f.path, foreign: r.foreign, packed: r.packed, names: pcapng.NewRegistry(), heads: map[string]segmentHead{}}
	s := &indexScanner{tally: newTally(), ordered: true}
	d, err := one.Read(ReadOptions{Damaged: s.tally.damaged, Progress: func(done, _ int64) { progress(done) }})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	err = d.Each(ctx, nil, func(e *sockeye.Event) error {
		s.add(e, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.finish(d), nil
}

// indexScanner makes an index of what a Reader gives.
type indexScanner struct {
	index
	tally   *tally
	begun   bool
	ordered bool
	whole   int64      // the place after the last event's blocks
	last    indexPoint // number and time of the last event, place of the last point
}

func (s *indexScanner) add(e *sockeye.Event, d *Reader) {
	introduces := s.tally.count(e, d.run)
	segment, ours := d.open.segment()
	if !ours || d.missed() { // or it is in no block
		return
	}
	if !s.begun {
		s.begun, s.Segment, s.Run, s.FirstSeq = true, segment.ID, segment.Run, e.Seq
	}
	start := s.whole
	s.whole, s.LastSeq = d.open.blockOK(), lastOf(e)
	if introduces {
		s.introduce(start, s.whole)
	}
	if e.Seq <= s.last.Seq || e.Time.Before(s.last.Time) || segment.ID != s.Segment {
		s.ordered = false
	}
	s.last.Seq, s.last.Time = e.Seq, e.Time
	if start >= s.last.Offset+indexStep {
		s.last.Offset = start
		s.Points = append(s.Points, s.last)
	}
}

// introduce notes a stretch, as part of the one before if that ends there.
func (s *indexScanner) introduce(start, end int64) {
	if n := len(s.Introductions); n > 0 {
		if last := &s.Introductions[n-1]; last.Offset+last.Length == start {
			last.Length = end - last.Offset
			return
		}
	}
	s.Introductions = append(s.Introductions, byteRange{start, end - start})
}

func (s *indexScanner) finish(d *Reader) *index {
	if !s.ordered {
		s.Points, s.Introductions = nil, nil
	}
	s.tally.into(&s.fileSummary)
	s.Size = d.open.position
	if d.open.ours != nil {
		s.Whole = d.open.blockOK()
	}
	if st, err := d.open.f.Stat(); err == nil {
		s.Modified = st.ModTime()
	}
	return &s.index
}
