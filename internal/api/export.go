package api

import (
	"fmt"
	"net/http"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// exports are the forms of a download, and the ends of their names.
var exports = map[string]string{"text": "txt", "csv": "csv", "jsonl": "jsonl", "pcapng": "pcapng", "raw": "bin"}

// export streams what is in the journal now. Whoever takes it too slowly may be
// overtaken by the ring; then the download has a counted gap.
func (c *requestContext) export() error {
	form := c.q.Get("format")
	if form == "" {
		form = "text"
	}
	extension, known := exports[form]
	if !known {
		return invalid("format", sockeye.Text{En: fmt.Sprintf("%q is none of text, csv, jsonl, pcapng and raw", form), Zh: fmt.Sprintf("%q 不是 text、csv、jsonl、pcapng 或 raw", form)}, sockeye.Text{})
	}
	filter, err := c.filter()
	if err != nil {
		return err
	}
	if filter.Session != "" && !c.bench.Knew(filter.Session) {
		return noSession(filter.Session)
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
	switch form {
	case "csv":
		err = recording.WriteCSV(c.ctx(), from, m, c.w, c.lang)
	case "jsonl":
		err = recording.WriteJSON(c.ctx(), from, m, c.w, c.lang)
	case "pcapng":
		err = recording.WritePcapng(c.ctx(), from, m, c.w)
	case "raw":
		err = recording.WriteBytes(c.ctx(), from, m, c.w)
	default:
		err = recording.WriteText(c.ctx(), from, m, c.w, c.lang)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the status is out; only a broken connection tells now
	}
	return nil
}
