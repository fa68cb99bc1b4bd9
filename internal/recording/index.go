package recording

import (
	"encoding/json"
	"os"
	"time"

	"sockeye"
)

// fileSummary is what one segment holds, as its index keeps it.
type fileSummary struct {
	Events   uint64         `json:"events"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Lost     sockeye.Lost   `json:"lost"`
	Damages  int            `json:"damages"`
	Sessions []indexSession `json:"sessions"`
}

type indexSession struct {
	Run uint64 `json:"run,string"`
	*SessionSummary
}

// index is the file beside a segment. It is derived: whatever is wrong with it,
// the segment is read instead.
type index struct {
	Version int         `json:"v"`
	Of      stamp       `json:"of"`
	Summary fileSummary `json:"summary"`
}

// indexVersion is what this program writes. Any other version is not used.
const indexVersion = 1

// stamp tells whether a segment has changed.
type stamp struct {
	Bytes    int64 `json:"bytes"`
	Modified int64 `json:"modified"` // Unix nanoseconds
}

func stampOf(path string) (stamp, error) {
	st, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{st.Size(), st.ModTime().UnixNano()}, nil
}

// mostIndex bounds what is read of an index, in bytes.
const mostIndex = 64 << 20

func indexName(segment string) string { return segment + ".idx" }

// readIndex is a segment's summary, if its index speaks of the segment as it is now.
func readIndex(segment string) (*fileSummary, bool) {
	now, err := stampOf(segment)
	if err != nil {
		return nil, false
	}
	if st, err := os.Stat(indexName(segment)); err != nil || st.Size() > mostIndex || !st.Mode().IsRegular() {
		return nil, false
	}
	text, err := os.ReadFile(indexName(segment))
	if err != nil {
		return nil, false
	}
	var x index
	if err := json.Unmarshal(text, &x); err != nil || x.Version != indexVersion || x.Of != now {
		return nil, false
	}
	for _, s := range x.Summary.Sessions {
		if s.SessionSummary == nil {
			return nil, false
		}
	}
	return &x.Summary, true
}

// writeIndex leaves an index beside a segment. Where it may not be written, the
// next reader counts again.
func writeIndex(segment string, of stamp, s *fileSummary) {
	text, err := json.Marshal(index{Version: indexVersion, Of: of, Summary: *s})
	if err != nil {
		return
	}
	fresh := indexName(segment) + ".new"
	if os.WriteFile(fresh, text, 0o600) != nil || os.Rename(fresh, indexName(segment)) != nil {
		os.Remove(fresh)
	}
}

// file is the tally as an index keeps it.
func (t *tally) file() *fileSummary {
	f := &fileSummary{Events: t.Events, First: t.First, Last: t.Last, Lost: t.Lost, Damages: t.Damages}
	for _, s := range t.Sessions {
		f.Sessions = append(f.Sessions, indexSession{s.run, s})
	}
	return f
}
