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

// A histogram in characters has a bar for each interval, and puts some together where
// there are too many lines; no value is lost on the way.
func TestHistogramDrawsBars(t *testing.T) {
	got := "\n" + Histogram(1, 1, []int{1, 0, 4, 16, 3}, 10, 8)
	const want = `
1 ┤▌ 1
2 ┤ 0
3 ┤██ 4
4 ┤████████ 16
5 ┤█▌ 3
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = "\n" + Histogram(1, 1, []int{1, 0, 4, 16, 3}, 3, 8)
	const fewer = `
0 ┤▍ 1
2 ┤█▋ 4
4 ┤████████ 19
`
	if diff := cmp.Diff(fewer, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One value over another is a cloud of dots: a line is one.
func TestScatterDrawsALine(t *testing.T) {
	var g fields.Grid
	for n := range 200 {
		g.Add(float64(n), float64(n)/2, 1)
	}
	got := "\n" + Scatter(g.Cells(), 12, 3)
	const want = `
99.5 ┤        ⣀⡤⠖⠋
     ┤   ⢀⣠⠤⠒⠋⠁
   0 ┤⣠⠴⠚⠉
      0        199
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var one fields.Grid
	one.Add(3, 3, 1)
	if text := Scatter(one.Cells(), 8, 1); text == "" {
		t.Error("a single pair is not drawn")
	}
}
