package recording

import (
	"sort"
	"time"

	"sockeye/internal/pcapng"
)

// segmentHead is how a file begins.
type segmentHead struct {
	run   uint64
	first uint64 // number of the first event; 0 if it has none
	at    time.Time
}

// headOf reads how a file begins. What is unknown is zero.
func (r *Files) headOf(f segmentFile) segmentHead {
	r.mu.Lock()
	h, ok := r.heads[f.path]
	r.mu.Unlock()
	if ok {
		return h
	}
	file, err := r.openSegment(f)
	if err != nil {
		return segmentHead{}
	}
	defer file.Close()
	from, _, err := plain(file)
	if err != nil {
		return segmentHead{}
	}
	d := pcapng.NewDecoder(from, pcapng.DecodeOptions{})
	ev, err := d.Next()
	if err != nil {
		return segmentHead{}
	}
	s, _ := d.Segment()
	h = segmentHead{s.Run, ev.Seq, ev.Time}
	r.mu.Lock()
	r.heads[f.path] = h
	r.mu.Unlock()
	return h
}

// seek finds the file, and the place in it, from which reading must begin.
func (d *Reader) seek(files []segmentFile) {
	for _, f := range files {
		d.total += f.size
	}
	d.waiting = files
	if d.recording.foreign || d.recording.packed || d.o.From <= 1 && d.o.After.IsZero() {
		return
	}
	first := d.recording.startAt(files, d.o.From, d.o.After)
	for _, f := range files[:first] {
		d.done += f.size
	}
	d.waiting = files[first:]
	x, err := loadIndex(d.waiting[0])
	if err != nil {
		return
	}
	p := x.pointBefore(d.o.From, d.o.After)
	if p.Offset == 0 {
		return
	}
	o, err := d.recording.openFile(d.waiting[0])
	if err != nil {
		return // the same comes again where it is told of
	}
	o.decode(p.Offset, x.introductions(p.Offset))
	o.expected = p.Seq
	d.open, d.path, d.left, d.waiting = o, o.file.path, o.file, d.waiting[1:]
}

// startAt is the index of the first file that may hold what is wanted.
func (r *Files) startAt(files []segmentFile, from uint64, since time.Time) int {
	heads := make([]segmentHead, len(files))
	rising := true // every file's numbers are after those of the file before
	for i, f := range files {
		heads[i] = r.headOf(f)
		rising = rising && heads[i].first > 0 && (i == 0 || heads[i].first > heads[i-1].first)
	}
	start := 0
	for i := 1; i < len(files); i++ {
		h, before := heads[i], heads[i-1]
		if h.first == 0 {
			break
		}
		older := from > 1 && h.first <= from && (rising || h.run == before.run)
		earlier := !since.IsZero() && h.at.Before(since)
		if !older && !earlier {
			break
		}
		start = i
	}
	return start
}

// pointBefore is the last point of an index from which everything wanted is
// still to come; zero is the beginning of the file.
func (x *index) pointBefore(from uint64, since time.Time) indexPoint {
	i := sort.Search(len(x.Points), func(i int) bool {
		p := x.Points[i]
		return (from <= 1 || p.Seq > from) && (since.IsZero() || !p.Time.Before(since))
	})
	if i == 0 {
		return indexPoint{}
	}
	return x.Points[i-1]
}

// introductions are the stretches before a place that say who is who.
func (x *index) introductions(before int64) []byteRange {
	n := sort.Search(len(x.Introductions), func(i int) bool { return x.Introductions[i].Offset >= before })
	return x.Introductions[:n]
}
