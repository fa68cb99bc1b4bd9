package recording

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segmentName is the name of a segment file, 20260131-093015_tcp-listen-10000_0001.pcapng:
// when the recording began, in UTC, what is recorded, and which segment it is.
type segmentName struct {
	began  string // as in stampForm
	name   string
	number int // from 1
}

const (
	stampForm = "20060102-150405"
	extension = ".pcapng"
)

func (n segmentName) String() string {
	return fmt.Sprintf("%s_%s_%04d%s", n.began, n.name, n.number, extension)
}

// parseSegmentName reads a file name; false means that it is no segment's.
func parseSegmentName(s string) (n segmentName, ok bool) {
	s, ok = strings.CutSuffix(s, extension)
	if !ok {
		return n, false
	}
	n.began, s, _ = strings.Cut(s, "_")
	last := strings.LastIndexByte(s, '_')
	if _, err := time.Parse(stampForm, n.began); err != nil || last < 1 || len(s)-last < 5 {
		return n, false
	}
	n.name = s[:last]
	number, err := strconv.ParseUint(s[last+1:], 10, 31)
	n.number = int(number)
	return n, err == nil
}

// compare orders segments as they were written: a recording never begins at the
// stamp of an older one (see stampAfter).
func (n segmentName) compare(o segmentName) int {
	return cmp.Or(strings.Compare(n.began, o.began), strings.Compare(n.name, o.name), cmp.Compare(n.number, o.number))
}

// stampAfter is the stamp of a recording that begins now, but later than the
// newest there is: a clock that was set back must not reorder a directory.
func stampAfter(now time.Time, segments []segment) string {
	stamp := now.UTC()
	if len(segments) > 0 {
		newest, _ := time.Parse(stampForm, segments[len(segments)-1].began)
		if !stamp.Truncate(time.Second).After(newest) {
			stamp = newest.Add(time.Second)
		}
	}
	return stamp.Format(stampForm)
}

// segment is a segment file in a directory.
type segment struct {
	segmentName
	DirEntry
}

// segmentsOf are the segments among the files of a directory, oldest first.
func segmentsOf(files []DirEntry) []segment {
	var list []segment
	for _, f := range files {
		if n, ok := parseSegmentName(f.Name); ok {
			list = append(list, segment{n, f})
		}
	}
	slices.SortFunc(list, func(a, b segment) int { return a.compare(b.segmentName) })
	return list
}
