package recording

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"sockeye"
)

// ResumePoint is where a recording ends: the highest numbers in its last segments.
type ResumePoint struct {
	Event   uint64
	Session int // of "s7": 7
	Peer    uint64
}

// ResumePointOf reads how far the numbers in a directory have come, so that the next run
// can go on from there. It looks at the newest segment that has events. A
// directory without any, or that does not exist, has come to 0.
func ResumePointOf(dir string) ResumePoint {
	var last ResumePoint
	entries, err := System().List(dir)
	if err != nil {
		return last
	}
	segments := segmentsOf(entries)
	for n, recorded := len(segments)-1, false; n >= 0 && !recorded; n-- {
		r, err := Open(filepath.Join(dir, segments[n].Name))
		if err != nil || r.foreign {
			continue
		}
		d, err := r.Read(ReadOptions{})
		if err != nil {
			continue
		}
		d.Each(context.Background(), nil, func(e *sockeye.Event) error { // what cannot be read has no numbers
			last.update(e)
			recorded = recorded || e.Kind != sockeye.Commented
			return nil
		})
		d.Close()
	}
	return last
}

func (l *ResumePoint) update(e *sockeye.Event) {
	l.Event = max(l.Event, e.Seq)
	if e.Kind == sockeye.Gap && e.Detail != nil {
		l.Event = max(l.Event, e.Seq+max(1, e.Detail.Lost.Events)-1)
	}
	if e.Session != nil {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Session.ID, "s")); err == nil {
			l.Session = max(l.Session, n)
		}
	}
	if e.Peer != nil {
		l.Peer = max(l.Peer, e.Peer.ID)
	}
}
