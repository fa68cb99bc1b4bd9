package recording

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
)

// csvHeader names the columns of WriteCSV.
var csvHeader = []string{"seq", "time", "session", "kind", "network", "local", "peer", "peer_id", "alias", "bytes", "hex", "text", "reason", "error", "comment"}

// WriteCSV writes the events that m wants as comma-separated values (RFC 4180). No
// cell can become a formula in a spreadsheet, whatever a peer sent.
func WriteCSV(ctx context.Context, from EventSource, m *EventMatcher, w io.Writer, l sockeye.Lang) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	row := make([]string, len(csvHeader))
	err := Each(ctx, from, m, func(e *sockeye.Event) error {
		csvRow(row, e, l)
		return out.Write(row)
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

func csvRow(row []string, e *sockeye.Event, l sockeye.Lang) {
	clear(row)
	row[0], row[1], row[3] = strconv.FormatUint(e.Seq, 10), e.Time.UTC().Format("2006-01-02T15:04:05.000000000Z"), e.Kind.String()
	if e.Session != nil {
		row[2], row[4] = e.Session.ID, string(e.Session.Endpoint.Address.Network.Transport())
	}
	if e.Kind == sockeye.Opened && e.Detail != nil {
		var locals []string
		for _, a := range e.Detail.Locals {
			locals = append(locals, a.String())
		}
		row[5] = strings.Join(locals, " ")
	}
	if p := e.Peer; p != nil {
		row[4], row[5], row[6], row[7], row[8] = string(p.Network), p.Local.String(), p.Remote.String(), strconv.FormatUint(p.ID, 10), payload.SafeString(p.Alias())
	}
	if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
		row[9], row[10] = strconv.Itoa(len(e.Data)), hex.EncodeToString(e.Data)
		row[11] = string(payload.AppendSafe(nil, e.Data))
	}
	if e.Detail != nil {
		row[12] = string(e.Detail.Reason)
		if e.Detail.Err != nil {
			row[13] = payload.SafeString(e.Detail.Err.In(l))
		}
		if e.Detail.Comment != nil {
			row[14] = payload.SafeString(e.Detail.Comment.Text)
		}
	}
	for n, cell := range row {
		row[n] = payload.EscapeCSV(cell)
	}
}

// WriteRaw writes the bytes of each peer and direction to a file of their own in
// a new directory, and returns the files' names. They are made of our numbers,
// never of what a peer says.
func WriteRaw(ctx context.Context, d *Reader, m *EventMatcher, dir string) (names []string, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, Unwritable(dir, err)
	}
	const mostOpen = 64
	open := map[flowKey]*os.File{}
	made := map[string]bool{}
	closeAll := func() {
		for w, f := range open {
			if closeErr := f.Close(); closeErr != nil && err == nil {
				err = Unwritable(f.Name(), closeErr)
			}
			delete(open, w)
		}
	}
	defer closeAll()
	err = d.Each(ctx, m, func(e *sockeye.Event) error {
		if len(e.Data) == 0 || e.Peer == nil || e.Session == nil {
			return nil
		}
		f := open[flowKey{e.Peer, e.Kind}]
		if f == nil {
			if len(open) >= mostOpen {
				closeAll()
			}
			name := rawName(e)
			if !made[name] {
				made[name] = true
				names = append(names, name)
			}
			var err error
			if f, err = os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
				return Unwritable(filepath.Join(dir, name), err)
			}
			open[flowKey{e.Peer, e.Kind}] = f
		}
		if _, err := f.Write(e.Data); err != nil {
			return Unwritable(f.Name(), err)
		}
		return nil
	})
	return names, err
}

func rawName(e *sockeye.Event) string {
	return fmt.Sprintf("%s_peer-%d_%s.bin", plainName(e.Session.ID), e.Peer.ID, e.Kind)
}

// WritePcapng writes the events that m wants as one recording. If m, or the source, leaves any
// out they are numbered anew, so that what is left out does not look lost.
func WritePcapng(ctx context.Context, from EventSource, m *EventMatcher, w io.Writer) error {
	encoder := pcapng.NewEncoder(pcapng.EncodeOptions{})
	out := bufio.NewWriterSize(w, batch)
	var buf []byte
	begun := false
	number := renumbering{anew: m != nil && !m.f.IsZero()}
	err := Each(ctx, from, m, func(e *sockeye.Event) error {
		buf = buf[:0]
		if !begun {
			begun = true
			buf = encoder.Begin(buf, e.Time)
		}
		number.event(e)
		buf = encoder.Append(buf, e)
		_, err := out.Write(buf)
		return err
	})
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	return err
}

// renumbering closes the holes in the numbers of events of which some were left out.
type renumbering struct {
	anew   bool   // all begin at 1
	closed uint64 // numbers that were left out so far
	next   uint64 // the number that is due in the source; 0: any
	last   uint64
}

func (r *renumbering) event(e *sockeye.Event) {
	was := e.Seq
	switch {
	case r.anew:
		e.Seq = r.last + 1
	case was == 0: // a remark without a number
		return
	case was < r.next || r.next == 0: // another run
		r.closed = 0
	default:
		r.closed += was - r.next
		e.Seq -= r.closed
	}
	r.next = was + e.NextSeq() - e.Seq
	r.last = e.NextSeq() - 1
}
