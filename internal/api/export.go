package api

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/query"
)

// export streams what is in the journal now. Whoever takes it too slowly may be
// overtaken by the ring; then the download has a counted gap.
func (c *requestContext) export() error {
	q := c.exportQuery()
	if len(q.wrong) > 0 {
		return q.wrong.join()
	}
	filter, _ := c.filterWords().Parse() // it was right
	if filter.Session != "" && !c.bench.Knew(filter.Session) && c.bench.OpenedSession(filter.Session) == nil {
		return core.NoSession(filter.Session)
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	extension, _ := query.ExportExtension(q.format)
	from := c.reader().Range(q.from, q.to)
	defer from.Close()
	c.download("sockeye-" + time.Now().Format("20060102-150405") + "." + extension)
	if err := from.Export(c.ctx(), q.format, m, c.w, c.lang); err != nil {
		panic(http.ErrAbortHandler) // the status is out; only a broken connection tells now
	}
	return nil
}

// exportQuery is what a query asks for, with everything that is wrong with it.
type exportQuery struct {
	format   string
	from, to uint64
	wrong    fieldFaults
}

func (c *requestContext) exportQuery() (q exportQuery) {
	q.format = cmp.Or(c.q.Get("format"), "text")
	if _, known := query.ExportExtension(q.format); !known {
		q.wrong.note(invalid("format", sockeye.Text{En: fmt.Sprintf("%q is none of text, csv, jsonl, pcapng and raw", q.format), Zh: fmt.Sprintf("%q 不是 text、csv、jsonl、pcapng 或 raw", q.format)}, sockeye.Text{}))
	}
	_, err := c.filterWords().Parse()
	q.wrong.all(err)
	q.from, q.to = c.number("from", &q.wrong), c.number("to", &q.wrong)
	return q
}
