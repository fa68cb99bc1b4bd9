package api

import (
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
	form := c.q.Get("format")
	if form == "" {
		form = "text"
	}
	extension, known := query.ExportExtension(form)
	if !known {
		return invalid("format", sockeye.Text{En: fmt.Sprintf("%q is none of text, csv, jsonl, pcapng and raw", form), Zh: fmt.Sprintf("%q 不是 text、csv、jsonl、pcapng 或 raw", form)}, sockeye.Text{})
	}
	filter, err := c.filterWords().Parse()
	if err != nil {
		return err
	}
	if filter.Session != "" && !c.bench.Knew(filter.Session) {
		return core.NoSession(filter.Session)
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	first, err := number("from", c.q.Get("from"))
	if err != nil {
		return err
	}
	end, err := number("to", c.q.Get("to"))
	if err != nil {
		return err
	}
	from := c.bench.Range(first, end)
	defer from.Close()
	c.download("sockeye-" + time.Now().Format("20060102-150405") + "." + extension)
	if err := from.Export(c.ctx(), form, m, c.w, c.lang); err != nil {
		panic(http.ErrAbortHandler) // the status is out; only a broken connection tells now
	}
	return nil
}
