package fault

import (
	"strconv"
	"strings"
	"time"
)

// String is the fault as Parse reads it.
func (f Fault) String() string {
	w := &writer{}
	w.word(string(f.Kind))
	f.writeOwn(w)
	if f.Way != "" {
		w.word(string(f.Way))
	}
	if f.Peer.ID > 0 {
		w.word("peer", strconv.FormatUint(f.Peer.ID, 10))
	} else if f.Peer.Address.IsValid() {
		w.word("peer", f.Peer.Address.String())
	}
	if f.Percent > 0 {
		w.word(percentText(f.Percent))
	}
	w.time("from", f.From)
	w.time("for", f.For)
	w.time("every", f.Every)
	if f.Seed > 0 {
		w.word("seed", strconv.FormatUint(f.Seed, 10))
	}
	if f.When != nil {
		w.word("when", f.When.String())
	}
	return w.String()
}

// writeOwn writes what only the fault's kind knows.
func (f Fault) writeOwn(w *writer) {
	switch f.Kind {
	case Latency, Merge:
		w.word(timeText(f.Time))
	case Rate:
		w.word(strconv.FormatInt(f.Rate, 10))
	case Slice, Truncate:
		w.word(strconv.Itoa(f.Size))
	case Drop:
		w.timeUnless("retransmission", f.Time, defaultRetransmission)
	case Duplicate:
		w.countUnless("copies", f.Count, 1)
	case Reorder:
		w.countUnless("gap", f.Count, 1)
		w.timeUnless("within", f.Time, defaultReorderLimit)
	case Corrupt:
		w.countUnless("bits", f.Count, 1)
	case Hold:
		w.time("timeout", f.Time)
	}
	w.time("jitter", f.Jitter)
	if f.Distribution != "" {
		w.word("distribution", string(f.Distribution))
	}
	if f.Correlation > 0 {
		w.word("correlation", percentText(f.Correlation))
	}
	w.time("delay", f.Delay)
	w.time("after", f.AfterTime)
	if f.AfterBytes > 0 {
		w.word("after", strconv.FormatInt(f.AfterBytes, 10))
	}
}

type writer struct{ strings.Builder }

func (w *writer) word(words ...string) {
	for _, one := range words {
		if w.Len() > 0 {
			w.WriteByte(' ')
		}
		w.WriteString(one)
	}
}

func (w *writer) time(name string, d time.Duration) { w.timeUnless(name, d, 0) }

func (w *writer) timeUnless(name string, d, usual time.Duration) {
	if d != usual {
		w.word(name, timeText(d))
	}
}

func (w *writer) countUnless(name string, n, usual int) {
	if n != usual {
		w.word(name, strconv.Itoa(n))
	}
}

// timeText is a time without its zeroes: "1m" for 1m0s.
func timeText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func percentText(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) + "%" }
