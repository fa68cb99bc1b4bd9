package fields

import (
	"cmp"
	"math"
	"slices"
)

// The bounds of a grid.
const (
	maxGridSide  = 1024
	maxGridCells = 3000
)

// Grid is where pairs of values are, as an x–y chart draws them: cells of equal size that
// grow when there are too many, each with how many pairs are in it. Few pairs have cells
// so small that they are where they were. The zero Grid has none.
type Grid struct {
	x, y  bins
	cells map[gridPlace]Cell
	N     int // pairs
}

type gridPlace struct{ x, y int64 }

// Cell is a part of a grid with pairs in it.
type Cell struct {
	X, Y float64 // its middle; of one that holds equal pairs only, these
	N    int
	Seq  uint64 // of the last pair, whatever the caller counts
}

// Add takes the next pair; one with a number that is not finite is not counted.
func (g *Grid) Add(x, y float64, seq uint64) {
	if d := x - x + y - y; d != d { // NaN also of what is infinite
		return
	}
	g.add(Cell{X: x, Y: y, N: 1, Seq: seq})
	for len(g.cells) > maxGridCells {
		g.coarsen()
	}
}

// add takes what is in a cell.
func (g *Grid) add(c Cell) {
	if g.cells == nil {
		g.cells, g.x.most, g.y.most = map[gridPlace]Cell{}, maxGridSide, maxGridSide
	}
	g.N += c.N
	g.merge(g.x.widen(c.X), g.y.widen(c.Y))
	g.put(gridPlace{g.x.at(c.X), g.y.at(c.Y)}, c, g.cells)
}

// put adds what is in a cell to that at a place.
func (g *Grid) put(at gridPlace, c Cell, cells map[gridPlace]Cell) {
	if other, shared := cells[at]; shared {
		if other.X != c.X || other.Y != c.Y {
			c.X, c.Y = g.x.middle(at.x), g.y.middle(at.y)
		}
		c.N += other.N
		c.Seq = max(c.Seq, other.Seq)
	}
	cells[at] = c
}

// middle is the middle of an interval.
func (b *bins) middle(n int64) float64 { return math.Ldexp(float64(n)+0.5, b.exponent) }

// span is how many intervals lie between the least and the greatest number.
func (b *bins) span() int64 { return b.at(b.high) - b.at(b.low) }

// coarsen doubles the cells in the direction that has more of them.
func (g *Grid) coarsen() {
	if g.x.span() > g.y.span() {
		g.x.exponent++
		g.merge(1, 0)
		return
	}
	g.y.exponent++
	g.merge(0, 1)
}

// merge puts cells together whose places are the same without so many last bits.
func (g *Grid) merge(x, y int) {
	if x == 0 && y == 0 || len(g.cells) == 0 {
		return
	}
	merged := make(map[gridPlace]Cell, len(g.cells))
	for at, cell := range g.cells {
		g.put(gridPlace{at.x >> x, at.y >> y}, cell, merged)
	}
	g.cells = merged
}

// Cells are the parts with pairs in them, from left to right and from below. They are
// copies.
func (g *Grid) Cells() []Cell {
	out := make([]Cell, 0, len(g.cells))
	for _, cell := range g.cells {
		out = append(out, cell)
	}
	slices.SortFunc(out, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	return out
}

// Spans are the least and the greatest X and Y of cells, of which there is one at least.
func Spans(cells []Cell) (x, y [2]float64) {
	x, y = [2]float64{cells[0].X, cells[0].X}, [2]float64{cells[0].Y, cells[0].Y}
	for _, c := range cells {
		x = [2]float64{min(x[0], c.X), max(x[1], c.X)}
		y = [2]float64{min(y[0], c.Y), max(y[1], c.Y)}
	}
	return x, y
}

// Coarser are cells put together until there are no more than most, which is 1 or more.
func Coarser(cells []Cell, most int) []Cell {
	if len(cells) <= most {
		return cells
	}
	var g Grid
	for _, c := range cells {
		g.add(c)
		for len(g.cells) > most {
			g.coarsen()
		}
	}
	return g.Cells()
}

// XY pairs the values of one peer. The zero XY has none.
type XY struct {
	Grid Grid
	x    float64 // the last
	any  bool
}

// AddFrame takes the values x and y of a frame, in their order: a y is paired with the x
// beside it, or with the last one before.
func (p *XY) AddFrame(xs, ys []float64, seq uint64) {
	for n, y := range ys {
		if n < len(xs) {
			p.x, p.any = xs[n], true
		}
		if p.any {
			p.Grid.Add(p.x, y, seq)
		}
	}
	if len(xs) > 0 {
		p.x, p.any = xs[len(xs)-1], true
	}
}

// NumbersOf appends the finite numbers of a name.
func NumbersOf(dst []float64, values []Value, name string) []float64 {
	for n := range values {
		if v := &values[n]; v.Name == name && v.Numeric && v.Number-v.Number == 0 {
			dst = append(dst, v.Number)
		}
	}
	return dst
}
