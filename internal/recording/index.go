package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/pcapng"
	"sockeye/internal/regular"
)

// index is what is known of a file without reading it. It is kept in a file
// beside it, which may be deleted at any time: everything in it is derived, and
// it is used only while the file is the one it was made of.
type index struct {
	Size     int64     `json:"size"`     // of the file
	Modified time.Time `json:"modified"` // the file was
	Segment  uint32    `json:"segment"`  // its ID, and
	Run      uint64    `json:"run"`      // its run, as its section header says
	fileSummary

	// Points are places where an event begins, about indexStep apart. There are none
	// where numbers or times are out of order.
	Points []indexPoint `json:"points,omitempty"`
	// Introductions are the stretches that say who the sessions and peers are,
	// beginning with the section header.
	Introductions []byteRange `json:"introductions,omitempty"`
}

// fileSummary is what a file holds, counted.
type fileSummary struct {
	Events   uint64         `json:"events"`
	FirstSeq uint64         `json:"first_seq"`
	LastSeq  uint64         `json:"last_seq"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Lost     sockeye.Lost   `json:"lost"`
	Damages  int            `json:"damages"`
	LeftOut  int            `json:"left_out,omitempty"`
	Sessions []indexSession `json:"sessions"`
	// Whole is the place after the last whole event.
	Whole    int64           `json:"whole"`
	Spans    []runSpan       `json:"spans,omitempty"`
	Comments writtenComments `json:"comments,omitempty"`
}

type indexSession struct {
	Run uint64 `json:"run"`
	*SessionSummary
}

// indexPoint is the place of an event.
type indexPoint struct {
	Offset int64     `json:"offset"`
	Seq    uint64    `json:"seq"`
	Time   time.Time `json:"time"`
}

// byteRange is a part of a file, in bytes.
type byteRange struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

const (
	// indexVersion goes up with every change of what is in an index. Another version
	// is no index.
	indexVersion = 3
	indexStep    = 1 << 20 // bytes from point to point
	// maxIndex bounds what is read of an index, in bytes. It is smaller than what it
	// is made of, but for files that are not worth one.
	maxIndex, minIndex = 256 << 20, 64 << 10
	// indexAfter is how old the last change of a file is before its index is kept: a newer
	// file may change again within what the clock of its file system can tell apart.
	indexAfter = 2 * time.Second
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errNoIndex says that there is no index that can be used.
var errNoIndex = errors.New("no index")

func indexName(segment string) string { return segment + ".idx" }

// loadIndex reads the index of a file, if it has one that speaks of the file as it
// is now.
func loadIndex(f segmentFile) (*index, error) {
	file, err := regular.OpenNoFollow(indexName(f.path))
	if err != nil {
		return nil, errNoIndex
	}
	defer file.Close()
	most := min(maxIndex, f.size+minIndex)
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil || int64(len(text)) > most {
		return nil, errNoIndex
	}
	x, err := parseIndex(text)
	if err != nil || x.Size != f.size || !x.Modified.Equal(f.modified) {
		return nil, errNoIndex
	}
	if s, err := readHeader(f.path); err != nil || s.ID != x.Segment || s.Run != x.Run {
		return nil, errNoIndex
	}
	return x, nil
}

// readHeader is what the section header of a file says.
func readHeader(path string) (pcapng.Segment, error) {
	f, err := regular.Open(path)
	if err != nil {
		return pcapng.Segment{}, err
	}
	defer f.Close()
	return pcapng.NewDecoder(f, pcapng.DecodeOptions{}).Segment()
}

// parseIndex reads an index: a line with version and checksum, then JSON. Only
// the checksum tells that a digit has changed.
func parseIndex(text []byte) (*index, error) {
	line, body, found := bytes.Cut(text, []byte("\n"))
	if !found || string(line) != indexLine(body) {
		return nil, errNoIndex
	}
	x := &index{}
	if err := json.Unmarshal(body, x); err != nil {
		return nil, errNoIndex
	}
	for _, s := range x.Sessions {
		if s.SessionSummary == nil {
			return nil, errNoIndex
		}
	}
	return x, nil
}

func indexLine(body []byte) string {
	return fmt.Sprintf("sockeye-index %d %08x", indexVersion, crc32.Checksum(body, castagnoli))
}

// save writes the index beside its file, if that has been left alone for a while.
// Where it may not be written, the next reader counts again.
func (x *index) save(f segmentFile) {
	st, err := os.Stat(f.path)
	if err != nil || st.Size() != x.Size || !st.ModTime().Equal(x.Modified) || time.Since(x.Modified) < indexAfter {
		return
	}
	body, err := json.Marshal(x)
	if err != nil {
		return
	}
	fresh, err := os.CreateTemp(filepath.Dir(f.path), ".index-*")
	if err != nil {
		return
	}
	_, err = io.WriteString(fresh, indexLine(body)+"\n")
	if err == nil {
		_, err = fresh.Write(body)
	}
	if closeErr := fresh.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(fresh.Name(), indexName(f.path))
	}
	if err != nil {
		os.Remove(fresh.Name())
	}
}
