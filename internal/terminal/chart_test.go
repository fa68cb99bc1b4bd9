package terminal

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/fields"
)

// A chart in characters is the line that the values make, with one spike of a single
// value in it.
func TestChartDrawsTheLine(t *testing.T) {
	var points []fields.Point
	for n := range 4000 {
		y := 20 + 5*math.Sin(2*math.Pi*float64(n)/4000)
		if n == 3000 {
			y = 30
		}
		points = append(points, fields.Point{X: float64(n), Y: y})
	}
	got := "\n" + Chart(fields.Columns(points, 0, 3999, 40), 4)
	const want = `
30 ┤               ⡇
   ┤ ⢀⡤⠴⠒⠒⠦⢤⡀      ⡇
   ┤⠞⠉      ⠉⠳⣄    ⡇   ⣠
15 ┤          ⠈⠙⠦⢤⣀⣇⡤⠴⠋⠁
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if flat := Chart(fields.Columns([]fields.Point{{X: 0, Y: 7}, {X: 1, Y: 7}}, 0, 1, 4), 1); flat != "7.5 ┤⠤⠤\n" {
		t.Errorf("%q", flat)
	}
	if none := Chart(make([]fields.Column, 4), 2); none != "" {
		t.Errorf("%q", none)
	}
}
