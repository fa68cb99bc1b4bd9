package api

// Values over time, and how they are spread.
type (
	// SeriesPage is the values of frames over time, as a chart draws them: From up to To is
	// divided into Columns of equal time. While Done is false, events were not read yet:
	// ask again.
	SeriesPage struct {
		From    string   `json:"from,omitempty"` // of the first value, or since
		To      string   `json:"to,omitempty"`
		Columns int      `json:"columns"` // fewer than asked for if there are many series
		Series  []Series `json:"series"`
		Done    bool     `json:"done"`
		LeftOut int      `json:"left_out,omitempty"` // values of more names and peers than there can be series
	}
	// Series is one named value of one peer. Its lists are as long as each other: for each
	// column that has values its number, the event with its first value, and what a line
	// needs so that no spike is lost.
	Series struct {
		Name      string       `json:"name"`
		Unit      string       `json:"unit,omitempty"`
		Direction string       `json:"direction" enum:"received,sent"`
		PeerID    uint64       `json:"peer_id,omitempty"`
		Peer      string       `json:"peer,omitempty"`
		Alias     string       `json:"alias,omitempty"`
		Count     int          `json:"count"` // values from from to to
		Stats     *SeriesStats `json:"stats,omitempty"`
		Columns   []int        `json:"columns"`
		Seq       []uint64     `json:"seq"`
		First     []float64    `json:"first"`
		Last      []float64    `json:"last"`
		Min       []float64    `json:"min"`
		Max       []float64    `json:"max"`
	}
	// SeriesStats describe the values of a series; Deviation is the standard deviation.
	SeriesStats struct {
		Last      float64 `json:"last"`
		Min       float64 `json:"min"`
		Max       float64 `json:"max"`
		Mean      float64 `json:"mean"`
		Deviation float64 `json:"deviation"`
	}
	// HistogramPage is how the values of series are spread. While Done is false, events were
	// not read yet: ask again.
	HistogramPage struct {
		Series  []Histogram `json:"series"`
		Done    bool        `json:"done"`
		LeftOut int         `json:"left_out,omitempty"`
	}
	// Histogram is how one named value of one peer is spread: Counts values are in intervals
	// of equal Width, the first of which begins at Low. At most 256 intervals, a power of two
	// wide, from the least value to the greatest.
	Histogram struct {
		Name      string       `json:"name"`
		Unit      string       `json:"unit,omitempty"`
		Direction string       `json:"direction" enum:"received,sent"`
		PeerID    uint64       `json:"peer_id,omitempty"`
		Peer      string       `json:"peer,omitempty"`
		Alias     string       `json:"alias,omitempty"`
		Stats     *SeriesStats `json:"stats,omitempty"`
		Count     int          `json:"count"`
		Low       float64      `json:"low"`
		Width     float64      `json:"width"`
		Counts    []int        `json:"counts"`
	}
	// XYPage is one value over another. While Done is false, events were not read yet.
	XYPage struct {
		Series  []XYSeries `json:"series"`
		Done    bool       `json:"done"`
		LeftOut int        `json:"left_out,omitempty"` // values of more peers than there can be
	}
	// XYSeries is where the pairs of one peer are. Its lists are as long as each other: the
	// middle of each cell with pairs, how many, and the event of the last of them. Few pairs
	// are where they were, many are in cells of equal size.
	XYSeries struct {
		Name      string    `json:"name"` // of the value that is upward
		Unit      string    `json:"unit,omitempty"`
		Direction string    `json:"direction" enum:"received,sent"`
		PeerID    uint64    `json:"peer_id,omitempty"`
		Peer      string    `json:"peer,omitempty"`
		Alias     string    `json:"alias,omitempty"`
		Pairs     int       `json:"pairs"`
		X         []float64 `json:"x"`
		Y         []float64 `json:"y"`
		N         []int     `json:"n"`
		Seq       []uint64  `json:"seq"`
	}
	// Triggers is where a trigger fired. While Done is false, events were not read yet.
	Triggers struct {
		Count int           `json:"count"`
		First *TriggerPoint `json:"first,omitempty"`
		Last  *TriggerPoint `json:"last,omitempty"`
		Done  bool          `json:"done"`
	}
	// TriggerPoint is a value at which a trigger fired.
	TriggerPoint struct {
		Time   string  `json:"time"`
		Seq    uint64  `json:"seq"`
		PeerID uint64  `json:"peer_id,omitempty"`
		Value  float64 `json:"value"`
	}
)
