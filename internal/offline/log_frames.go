package offline

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// messageColumns are those of frames that are decoded, after framing.CSVHeader.
var messageColumns = []string{"protocol", "message", "role", "key"}

// writeFrames exports the frames of a recording as CSV, and which messages they are, if
// that was asked for.
func (a *commands) writeFrames(d *recording.Reader, m *recording.EventMatcher, wants func(*framing.PeerFrame) bool, c *terminal.FrameChoice, w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	split, decoding := c.Splitter(), c.Decoding()
	header := framing.CSVHeader
	if decoding != nil {
		header = slices.Concat(header, messageColumns)
	}
	err := out.Write(header)
	write := func(f *framing.PeerFrame) {
		row := f.CSV()
		if decoding != nil {
			row = append(row, a.messageCells(decoding, f)...)
		}
		if err == nil && (wants == nil || wants(f)) {
			err = out.Write(row)
		}
	}
	readErr := d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		split.Event(e, write)
		return err
	})
	split.End(write)
	out.Flush()
	return errors.Join(readErr, out.Error())
}

// messageCells are the cells of messageColumns.
func (a *commands) messageCells(decoding *framing.Decoding, f *framing.PeerFrame) []string {
	m, _, _, ok := decoding.Message(f)
	if !ok {
		return make([]string, len(messageColumns))
	}
	return []string{m.Protocol, payload.EscapeCSV(string(m.AppendSummary(nil, a.Lang))), string(m.Role), payload.EscapeCSV(payload.SafeString(m.Key))}
}

// writeValues exports the values of frames as CSV: one row per frame that has any, one
// column per name.
func (a *commands) writeValues(d *recording.Reader, m *recording.EventMatcher, x exporting, w io.Writer) error {
	rows := valueRows{reader: x.cut.Values(), columns: map[string]int{}}
	split := x.cut.Splitter()
	take := func(f *framing.PeerFrame) {
		if terminal.HasValues(f) && (x.wants == nil || x.wants(f)) {
			rows.add(f)
		}
	}
	err := d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		split.Event(e, take)
		return rows.full
	})
	split.End(take)
	return errors.Join(err, rows.write(w))
}

// maxExportedCells bounds what is held until the names of all columns are known.
const maxExportedCells = 50_000_000

// valueRows are the values of frames until the names of all columns are known.
type valueRows struct {
	reader  *fields.SetReader
	values  []fields.Value
	names   []string // with their units
	columns map[string]int
	rows    []valueRow
	cells   int
	full    error
}

// valueRow is a frame: what it comes from, and its cells by their columns.
type valueRow struct {
	head  []string
	cells map[int]string
}

func (r *valueRows) add(f *framing.PeerFrame) {
	r.values, _ = r.reader.Read(r.values[:0], f.Peer, f.Kind, f.Body)
	if len(r.values) == 0 || r.full != nil {
		return
	}
	if r.cells += len(r.values); r.cells > maxExportedCells {
		r.full = &sockeye.Error{Kind: sockeye.TooLarge, Op: "export", Target: "--fields",
			Message: sockeye.Text{En: fmt.Sprintf("the recording has more than %d values", maxExportedCells), Zh: fmt.Sprintf("记录中的值超过 %d 个", maxExportedCells)},
			Hint:    sockeye.Text{En: "export a part: --since, --until, --peer; or --format json, which needs no table", Zh: "请分段导出：--since、--until、--peer；或使用 --format json"}}
		return
	}
	row := valueRow{head: f.CSV()[:fieldHeadColumns], cells: make(map[int]string, len(r.values))}
	for n := range r.values {
		v := &r.values[n]
		name := v.Name
		if v.Unit != "" {
			name += " (" + v.Unit + ")"
		}
		at, known := r.columns[name]
		if !known {
			at = len(r.names)
			r.columns[name] = at
			r.names = append(r.names, name)
		}
		if _, twice := row.cells[at]; !twice {
			row.cells[at] = csvCell(v)
		}
	}
	r.rows = append(r.rows, row)
}

// csvCell is a value as a cell. A number stays one, negative ones too; nothing else can
// become a formula in a spreadsheet.
func csvCell(v *fields.Value) string {
	text := v.String()
	if _, err := strconv.ParseFloat(text, 64); err == nil && v.Numeric {
		return text
	}
	return payload.EscapeCSV(payload.SafeString(text))
}

// fieldHeadColumns are the columns of framing.CSVHeader that a row of values begins
// with: up to the direction.
var fieldHeadColumns = slices.Index(framing.CSVHeader, "direction") + 1

func (r *valueRows) write(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := slices.Clone(framing.CSVHeader[:fieldHeadColumns])
	for _, name := range r.names {
		head = append(head, payload.EscapeCSV(payload.SafeString(name)))
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for _, row := range r.rows {
		cells := row.head
		for n := range r.names {
			cells = append(cells, row.cells[n])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
