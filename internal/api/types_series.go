package api

// Values over time.
type (
	// SeriesPage is the values of frames over time, as a chart draws them: From up to To is
	// divided into Columns of equal time. While Done is false, events were not read yet:
	// ask again.
	SeriesPage struct {
		From    string   `json:"from,omitempty"` // of the first value, or since
		To      string   `json:"to,omitempty"`
		Columns int      `json:"columns"`
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
)
