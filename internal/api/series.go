package api

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"sockeye"
	"sockeye/internal/query"
)

// seriesQuery is what the query asks for, with everything that is wrong with it.
func (c *requestContext) seriesQuery() (q query.SeriesQuery, wrong fieldFaults) {
	cut := c.frames(&wrong)
	var err error
	q.Filter, err = c.filterWords().Parse()
	wrong.all(err)
	q.Columns, err = query.ParseColumns(c.number("columns", &wrong))
	wrong.all(err)
	q.Since, q.Until = c.instant("since", &wrong), c.instant("until", &wrong)
	if cut == nil || len(cut.Fields) == 0 {
		if c.q.Get("fields") == "" {
			wrong.note(invalid("fields", sockeye.Text{En: "which values are wanted is missing", Zh: "缺少字段格式"}, sockeye.Text{En: "write fields=keys, or a spec such as u8 id, i16be temp", Zh: "写 fields=keys，或 u8 id, i16be temp 这样的格式"}))
		}
		return q, wrong
	}
	q.Cut = *cut
	return q, wrong
}

// instant is a query parameter that is a time (RFC 3339); an absent one is zero.
func (c *requestContext) instant(name string, wrong *fieldFaults) time.Time {
	text := c.q.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		wrong.note(invalid(name, sockeye.Text{En: fmt.Sprintf("%q is not a time", text), Zh: fmt.Sprintf("%q 不是时间", text)}, sockeye.Text{En: "write 2026-01-31T15:04:05Z", Zh: "写成 2026-01-31T15:04:05Z"}))
	}
	return t
}

func (c *requestContext) series(None) (SeriesPage, error) {
	q, wrong := c.seriesQuery()
	if len(wrong) > 0 {
		return SeriesPage{}, wrong.join()
	}
	seen, err := c.reader().Series(c.ctx(), q)
	if err != nil {
		return SeriesPage{}, err
	}
	out := SeriesPage{Columns: seen.Columns, Done: seen.Done, LeftOut: seen.LeftOut, Series: []Series{}}
	if !seen.From.IsZero() {
		out.From, out.To = stamp(seen.From), stamp(seen.To)
	}
	for i := range seen.Series {
		out.Series = append(out.Series, seriesOf(&seen.Series[i]))
	}
	return out, nil
}

// seriesOf is a series as it is shown outside.
func seriesOf(s *query.Series) Series {
	out := Series{Name: s.Name, Unit: s.Unit, Direction: s.Kind.String(), Count: s.Stats.N,
		Columns: []int{}, Seq: []uint64{}, First: []float64{}, Last: []float64{}, Min: []float64{}, Max: []float64{}}
	if s.Peer != nil {
		out.PeerID, out.Peer, out.Alias = s.Peer.ID, s.Peer.Remote.String(), s.Peer.Alias()
	}
	if s.Stats.N > 0 {
		out.Stats = &SeriesStats{Last: s.Stats.Last, Min: s.Stats.Min, Max: s.Stats.Max, Mean: s.Stats.Mean, Deviation: s.Stats.Deviation()}
	}
	short := shortener(s.Stats.Min, s.Stats.Max)
	for n := range s.Columns {
		column := &s.Columns[n]
		out.Columns, out.Seq = append(out.Columns, column.Column), append(out.Seq, column.Seq)
		out.First, out.Last = append(out.First, short(column.First)), append(out.Last, short(column.Last))
		out.Min, out.Max = append(out.Min, short(column.Min)), append(out.Max, short(column.Max))
	}
	return out
}

// shortener rounds numbers to a hundred-thousandth of their span, which no chart shows: a
// number that is drawn is a few characters instead of seventeen.
func shortener(low, high float64) func(float64) float64 {
	step := math.Floor(math.Log10(high-low)) - 5
	if math.IsNaN(step) || math.IsInf(step, 0) || step >= 0 || step < -300 {
		return func(y float64) float64 { return y }
	}
	return func(y float64) float64 {
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(y, 'f', int(-step), 64), 64)
		if err != nil {
			return y
		}
		return rounded
	}
}
