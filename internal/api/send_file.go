package api

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/api/access"
	"sockeye/internal/core"
)

// sendFile keeps the body of a request as a file, and sends that at a pace. Whoever asked
// may leave when it has the answer.
func (c *requestContext) sendFile() error {
	s, err := c.openSession()
	if err != nil {
		return err
	}
	name, to, options, wrong := c.fileOptions()
	if len(wrong) > 0 {
		return wrong.join()
	}
	if options.To, err = to.peers(s); err != nil {
		return err
	}
	file, err := c.bench.KeepFile(name, &bodyReader{c: c, begun: time.Now()}, max(0, c.r.ContentLength))
	if err != nil {
		return err
	}
	r, err := s.Sender().StartFile(file, options)
	if err != nil {
		return err
	}
	answer(c.w, http.StatusCreated, runOf(s, r, c.lang))
	return nil
}

// fileOptions are what the query says, with everything that is wrong with it.
func (c *requestContext) fileOptions() (name string, to outgoing, o core.FileOptions, wrong fieldFaults) {
	to.all = c.yes("all", &wrong)
	for word := range strings.FieldsFuncSeq(c.q.Get("to"), func(r rune) bool { return r == ',' }) {
		id, err := number("to", word)
		wrong.all(err)
		to.to = append(to.to, id)
	}
	wrong = append(wrong, to.aimed(wrong)...)
	var numbers [3]uint64
	for i, name := range []string{"chunk", "rate", "line_delay_ms"} {
		if numbers[i] = c.number(name, &wrong); numbers[i] > 1<<40 {
			wrong.note(invalid(name, sockeye.Text{En: "is too large", Zh: "过大"}, sockeye.Text{}))
		}
	}
	o.Chunk, o.Rate, o.LineDelay = int(numbers[0]), int64(numbers[1]), time.Duration(numbers[2])*time.Millisecond
	if name = c.q.Get("name"); len(name) > maxFileName {
		wrong.note(invalid("name", sockeye.Text{En: "is too long", Zh: "过长"}, sockeye.Text{}))
	}
	return name, to, o, wrong
}

// maxFileName is how many bytes a file's name may have, as on most systems.
const maxFileName = 255

// bodyReader reads a body of any length, which must come at a rate.
type bodyReader struct {
	c     *requestContext
	begun time.Time
	read  int64
}

func (b *bodyReader) Read(p []byte) (int, error) {
	b.c.readBefore(b.begun, b.read)
	n, err := b.c.r.Body.Read(p)
	b.read += int64(n)
	switch {
	case errors.Is(err, io.EOF):
		http.NewResponseController(b.c.w).SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = tooSlow()
	}
	return n, err
}

// readBefore bounds the time of the next read of a body of which so many bytes came.
func (c *requestContext) readBefore(begun time.Time, read int64) {
	l := c.o.limits
	late := begun.Add(l.Body + time.Duration(read/int64(l.BodyRate))*time.Second)
	if idle := time.Now().Add(l.Body); idle.Before(late) {
		late = idle
	}
	http.NewResponseController(c.w).SetReadDeadline(late)
}

func tooSlow() error {
	return &access.Rejection{Check: "slow", Status: http.StatusRequestTimeout, Err: &sockeye.Error{Kind: sockeye.TimedOut, Op: "read",
		Message: sockeye.Text{En: "the request's body comes too slowly", Zh: "请求内容传输过慢"}}}
}
