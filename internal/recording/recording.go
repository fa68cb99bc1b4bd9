// Package recording is the disk: it writes events as pcapng segment files and
// reads them back. A Writer decides when a segment is full, which old ones are
// deleted and when bytes are safe; what is written in them is package pcapng's.
// It starts nothing by itself: the journal's recorder drives a Writer, views and
// commands drive the reading.
package recording

import (
	"io"
	"strings"
	"time"

	"sockeye"
)

// WriteOptions say where and how to record. Exactly one of Dir, File and Out is set.
type WriteOptions struct {
	// Dir is a directory for segments; it is made if it does not exist. One process
	// at a time records into a directory.
	Dir string
	// File is one file, which must not exist; it is never rolled. A named pipe or a
	// device may exist, and is written as a stream.
	File string
	// Out is a stream such as standard output. It cannot be resumed once it fails.
	Out io.Writer

	// Shared allows a directory that belongs to another user, or that others may
	// write into: they can replace and remove what is recorded. Links are not followed
	// in it all the same.
	Shared bool

	// Name is the part of segment names that a person chooses, "tcp-listen-10000";
	// "" is "sockeye".
	Name string
	// SegmentBytes is the size at which a segment is full; 0 is
	// DefaultSegmentBytes. A single event larger than that is kept whole.
	SegmentBytes int64
	// SegmentAge is how long a segment is written at most; 0 is for ever.
	SegmentAge time.Duration
	// TotalBytes bounds all segments in the directory, those of earlier runs too:
	// the oldest are deleted to stay below. 0 is no bound.
	TotalBytes int64
	// MaxAge deletes segments that were last written longer ago; 0 is never.
	MaxAge time.Duration
	// Sync is what Flush promises; "" is Relaxed.
	Sync Sync

	// StallLimit is how long the disk may keep the recorder waiting until it counts
	// as failed; 0 is 5 seconds, and a minute with Always.
	StallLimit time.Duration

	// Run is the number of the journal in its segments, see pcapng.Options; 0 is a
	// new one.
	Run uint64
	// Faults are those that are set as it begins, see pcapng.EncodeOptions; the header of
	// each segment names those of its beginning.
	Faults map[*sockeye.Session]sockeye.ActiveFaults
	// Lang is the language of comments that Wireshark shows.
	Lang sockeye.Lang
	// Application is shown by Wireshark as what wrote the file; "" is "Sockeye".
	Application string

	// Files is the file system, and Now the clock; nil is the operating system's.
	Files FileSystem
	Now   func() time.Time
}

// Sync says how safe events are when Flush returns.
type Sync string

// The promises. After kill -9 everything flushed is there, in both.
const (
	// Relaxed: written. After a power cut at most the last second is missing, and
	// never anything before something that is there.
	Relaxed Sync = "relaxed"
	// Always: on the disk, power cuts included.
	Always Sync = "always"
)

const (
	// DefaultSegmentBytes is the size of a segment unless told otherwise.
	DefaultSegmentBytes = 64 << 20

	// least is the smallest size of a segment: below, directories would cost more
	// than the data.
	least = 64 << 10
)

// filled is the options with every default in its place, or what is wrong.
func (o WriteOptions) filled() (WriteOptions, error) {
	places := 0
	for _, set := range []bool{o.Dir != "", o.File != "", o.Out != nil} {
		if set {
			places++
		}
	}
	if places != 1 {
		return o, invalid("", "one place to record to is needed: a directory, a file or a stream", "需要一个记录位置：目录、文件或输出流")
	}
	switch o.Sync {
	case "":
		o.Sync = Relaxed
	case Relaxed, Always:
	default:
		return o, invalid(string(o.Sync), "not a way to sync: relaxed or always", "同步方式只能是 relaxed 或 always")
	}
	if o.SegmentBytes < 0 || o.SegmentAge < 0 || o.TotalBytes < 0 || o.MaxAge < 0 {
		return o, invalid("", "sizes and ages cannot be negative", "大小和时间不能是负数")
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.SegmentBytes < least {
		return o, invalid("", "a segment has at least 64 KiB", "每个分段至少 64 KiB")
	}
	if o.TotalBytes > 0 {
		if o.TotalBytes < 2*least {
			return o, invalid("", "the bound of all segments is at least 128 KiB: one full and one being written", "全部分段的上限至少 128 KiB：一个写满的和一个正在写的")
		}
		o.SegmentBytes = min(o.SegmentBytes, o.TotalBytes/2)
	}
	if o.MaxAge > 0 && o.SegmentAge == 0 {
		o.SegmentAge = o.MaxAge / 8 // whole segments are deleted, so they must end now and then
	}
	o.Name = plainName(o.Name)
	if o.Files == nil {
		o.Files = System()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// StallLimitOrDefault is StallLimit, or its default.
func (o WriteOptions) StallLimitOrDefault() time.Duration {
	switch {
	case o.StallLimit > 0:
		return o.StallLimit
	case o.Sync == Always:
		return time.Minute
	}
	return 5 * time.Second
}

// plainName keeps of a name what is safe in a file name on every system.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		}
		return '-'
	}, s)
	if s = strings.Trim(s, "-."); s == "" {
		return "sockeye"
	}
	return s[:min(len(s), 80)]
}

func invalid(target, en, zh string) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "record", Target: target, Message: sockeye.Text{En: en, Zh: zh}}
}
