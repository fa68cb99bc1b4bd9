package sensor

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Simulation is a sensor without hardware. The same simulation with the same Seed gives
// the same values.
type Simulation struct {
	// Shape is one of Shapes.
	Shape string
	// Minimum and Maximum bound the values; both zero means 0 to 1.
	Minimum, Maximum float64
	// Period is that of a sine, and how long a step lasts; 0 is 10 s.
	Period time.Duration
	// Steps counts the levels of steps; 0 is 2.
	Steps int
	// Seed makes noise and random walks repeatable.
	Seed uint64
	// Values are played again and again, one each time it is read: the shape csv.
	Values []float64
}

// Shapes are the simulations there are.
var Shapes = []string{"sine", "noise", "steps", "random-walk", "csv"}

// NewSimulation is a source that reads the simulation by the clock now.
func NewSimulation(s Simulation, unit string, now func() time.Time) Source {
	if s.Minimum == 0 && s.Maximum == 0 {
		s.Maximum = 1
	}
	if s.Period <= 0 {
		s.Period = 10 * time.Second
	}
	if s.Steps < 2 {
		s.Steps = 2
	}
	random := rand.New(rand.NewPCG(s.Seed, s.Seed))
	start, walk, next := now(), 0.5, 0
	span := s.Maximum - s.Minimum
	return &reading{unit, func(context.Context) (float64, error) {
		passed := float64(now().Sub(start)) / float64(s.Period)
		switch s.Shape {
		case "sine":
			return s.Minimum + span*(1+math.Sin(2*math.Pi*passed))/2, nil
		case "steps":
			level := int(math.Floor(passed)) % s.Steps
			return s.Minimum + span*float64(max(0, level))/float64(s.Steps-1), nil
		case "random-walk":
			walk = min(1, max(0, walk+(random.Float64()-0.5)/10))
			return s.Minimum + span*walk, nil
		case "csv":
			v := s.Values[next%len(s.Values)]
			next++
			return v, nil
		}
		return s.Minimum + span*random.Float64(), nil
	}}
}

// maxValues bounds a column that is kept to be played.
const maxValues = 1 << 20

// ReadColumn reads a column of CSV, named by its heading or by its number from 1, for
// Simulation.Values. Rows without a number there are left out.
func ReadColumn(r io.Reader, column string) ([]float64, error) {
	rows := csv.NewReader(payload.BoundCSV(r))
	rows.FieldsPerRecord, rows.TrimLeadingSpace, rows.ReuseRecord = -1, true, true
	at := 0
	if _, err := fmt.Sscanf(column, "%d", &at); err == nil {
		at--
	} else if column != "" {
		at = -1
	}
	var values []float64
	for first := true; len(values) < maxValues; first = false {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if e, ok := errors.AsType[*sockeye.Error](err); ok {
			return nil, e
		}
		if err != nil {
			return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: "csv", Err: err}
		}
		if first && at < 0 {
			at = indexFold(row, column)
		}
		if at >= 0 && at < len(row) {
			if v, ok := parseFinite(row[at]); ok {
				values = append(values, v)
			}
		}
	}
	if len(values) == 0 {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: "column " + quote(column),
			Message: sockeye.Text{En: "there are no numbers in this column", Zh: "这一列中没有数字"}}
	}
	return values, nil
}

func indexFold(row []string, name string) int {
	for n, cell := range row {
		if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(cell, "\ufeff")), name) {
			return n
		}
	}
	return -1
}
