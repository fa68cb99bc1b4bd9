package api

import (
	"time"

	"sockeye"
	"sockeye/internal/query"
)

func (c *requestContext) histogram(None) (HistogramPage, error) {
	q, wrong := c.seriesQuery()
	if len(wrong) > 0 {
		return HistogramPage{}, wrong.join()
	}
	seen, err := c.reader().Histograms(c.ctx(), q)
	if err != nil {
		return HistogramPage{}, err
	}
	out := HistogramPage{Done: seen.Done, LeftOut: seen.LeftOut, Series: []Histogram{}}
	for i := range seen.Series {
		one := &seen.Series[i]
		s := seriesOf(&one.Series)
		out.Series = append(out.Series, Histogram{Name: s.Name, Unit: s.Unit, Direction: s.Direction, PeerID: s.PeerID, Peer: s.Peer, Alias: s.Alias,
			Stats: s.Stats, Count: s.Count, Low: one.Low, Width: one.Width, Counts: one.Counts})
	}
	return out, nil
}

// xyQuery is a query for one value over another, with everything that is wrong with it.
func (c *requestContext) xyQuery() (q query.SeriesQuery, x, y string, wrong fieldFaults) {
	q, wrong = c.seriesQuery()
	return q, c.valueName("x", &wrong), c.valueName("y", &wrong), wrong
}

// valueName is a query parameter that is the name of a value.
func (c *requestContext) valueName(parameter string, wrong *fieldFaults) string {
	name := c.q.Get(parameter)
	if name == "" {
		wrong.note(invalid(parameter, sockeye.Text{En: "the name of a value is missing", Zh: "缺少数值名称"}, sockeye.Text{En: "write it as the fields name it, such as " + parameter + "=temp", Zh: "写字段中的名称，例如 " + parameter + "=temp"}))
	}
	return name
}

func (c *requestContext) xy(None) (XYPage, error) {
	q, x, y, wrong := c.xyQuery()
	if len(wrong) > 0 {
		return XYPage{}, wrong.join()
	}
	seen, err := c.reader().XY(c.ctx(), q, x, y)
	if err != nil {
		return XYPage{}, err
	}
	out := XYPage{Done: seen.Done, LeftOut: seen.LeftOut, Series: []XYSeries{}}
	for i := range seen.Series {
		out.Series = append(out.Series, xyOf(&seen.Series[i]))
	}
	return out, nil
}

// xyOf is an x–y series as it is shown outside.
func xyOf(one *query.SeriesXY) XYSeries {
	s := seriesOf(&one.Series)
	out := XYSeries{Name: s.Name, Unit: s.Unit, Direction: s.Direction, PeerID: s.PeerID, Peer: s.Peer, Alias: s.Alias, Pairs: one.Pairs,
		X: []float64{}, Y: []float64{}, N: []int{}, Seq: []uint64{}}
	shortX, shortY := shortener(one.SpanX[0], one.SpanX[1]), shortener(one.SpanY[0], one.SpanY[1])
	for _, cell := range one.Cells {
		out.X, out.Y = append(out.X, shortX(cell.X)), append(out.Y, shortY(cell.Y))
		out.N, out.Seq = append(out.N, cell.N), append(out.Seq, cell.Seq)
	}
	return out
}

// triggerQuery is a query for a trigger, with everything that is wrong with it.
func (c *requestContext) triggerQuery() (q query.TriggerQuery, wrong fieldFaults) {
	q.SeriesQuery, wrong = c.seriesQuery()
	q.Value = c.valueName("value", &wrong)
	holdOff := time.Duration(min(c.number("hold_off_ms", &wrong), uint64(24*time.Hour/time.Millisecond))) * time.Millisecond
	var err error
	q.Trigger, err = query.ParseTrigger(c.q.Get("trigger"), c.q.Get("level"), holdOff)
	wrong.all(err)
	return q, wrong
}

func (c *requestContext) triggers(None) (Triggers, error) {
	q, wrong := c.triggerQuery()
	if len(wrong) > 0 {
		return Triggers{}, wrong.join()
	}
	seen, err := c.reader().Triggers(c.ctx(), q)
	if err != nil {
		return Triggers{}, err
	}
	return Triggers{Count: seen.Count, First: triggerPointOf(&seen.First), Last: triggerPointOf(&seen.Last), Done: seen.Done}, nil
}

// triggerPointOf is where a trigger fired; nil if it did not.
func triggerPointOf(p *query.TriggerPoint) *TriggerPoint {
	if p.Seq == 0 {
		return nil
	}
	out := &TriggerPoint{Time: stamp(p.Time), Seq: p.Seq, Value: p.Value}
	if p.Peer != nil {
		out.PeerID = p.Peer.ID
	}
	return out
}
