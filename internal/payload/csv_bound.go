package payload

import (
	"io"

	"sockeye"
)

// MaxCSVCells is how many cells a row of a table may have: each takes memory of its own when
// it is read, also an empty one.
const MaxCSVCells = 1000

// BoundCSV is a reader of a table (RFC 4180) that ends in an *sockeye.Error where a row has
// more than MaxCSVCells cells: before encoding/csv takes memory for them.
func BoundCSV(r io.Reader) io.Reader { return &csvBound{from: r} }

// csvBound counts the commas of each row. A quote that is not at the end of a cell ends the
// reading by encoding/csv, so that counting them is enough to know what is quoted.
type csvBound struct {
	from   io.Reader
	cells  int // of the row that is read, less one
	quoted bool
}

func (b *csvBound) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '"':
			b.quoted = !b.quoted
		case b.quoted:
		case c == '\n':
			b.cells = 0
		case c == ',':
			if b.cells++; b.cells >= MaxCSVCells {
				return 0, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: "table",
					Message: sockeye.Text{En: "a row has more than 1000 cells", Zh: "有一行超过 1000 个单元格"},
					Hint:    sockeye.Text{En: "separate rows by line ends", Zh: "行与行之间用换行分隔"}}
			}
		}
	}
	return n, err
}
