package device

import (
	"bytes"
	"context"
	"time"

	"sockeye/internal/payload"
)

// socketLink is a connection to a socket: the rows are bytes on a stream, or datagrams
// and messages.
type socketLink struct {
	target  *targetRunner
	conn    *sessionConn
	bounded bool // a message at a time
	heading []byte
	done    chan struct{} // the reader's end
}

// maxDatagram is what goes into one datagram: it fits every path of the Internet that is
// in use, so that none is cut up.
const maxDatagram = 1200

func (t *targetRunner) dialSocket(ctx context.Context) (targetLink, error) {
	ep, err := t.endpoint()
	if err != nil {
		return nil, err
	}
	c, err := t.board.network.dial(ctx, ep)
	if err != nil {
		return nil, err
	}
	l := &socketLink{target: t, conn: c, bounded: ep.Address.Network.Traits().Bounded(), heading: t.format.heading(), done: make(chan struct{})}
	go l.read()
	if t.Hello != "" {
		if err := l.hello(ctx); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *socketLink) hello(ctx context.Context) error {
	hello, err := payload.Parse(l.target.Hello, payload.ParseOptions{})
	if err != nil {
		return err
	}
	message, err := hello.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Lookup: func(name string) (string, bool) {
		return l.target.board.file.Name, name == "var.name"
	}})
	if err != nil {
		return err
	}
	_, err = l.conn.send(ctx, message)
	return err
}

func (l *socketLink) deliver(ctx context.Context, rows []SensorRow) error {
	messages, err := l.messages(rows)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if _, err := l.conn.send(ctx, m); err != nil {
			return err
		}
	}
	more := l.target.queue.Counts().Waiting > uint64(len(rows))
	return l.conn.flush(ctx, more || l.bounded)
}

// messages are the rows as they are sent: one message on a stream; else up to Batch rows
// in each, as far as they fit a datagram.
func (l *socketLink) messages(rows []SensorRow) ([][]byte, error) {
	var all [][]byte
	var one []byte
	in := 0
	for n := range rows {
		row, err := l.target.format.append(nil, &rows[n])
		if err != nil {
			return nil, err
		}
		if l.bounded && in > 0 && (in >= max(1, l.target.Batch) || len(one)+len(row) > maxDatagram) {
			all, one, in = append(all, one), nil, 0
		}
		if in == 0 && (l.bounded || len(l.heading) > 0) {
			one, l.heading = append(one, l.heading...), nil
		}
		one = append(one, row...)
		in++
	}
	if in > 0 {
		all = append(all, one)
	}
	return all, nil
}

// maxCommand bounds a line that a target sends.
const maxCommand = 1024

// read takes what the target sends: commands, if it may give any. When the target closes,
// the connection does.
func (l *socketLink) read() {
	defer close(l.done)
	var line []byte
	for buffer := make([]byte, 1024); ; {
		n, err := l.conn.Read(buffer)
		if err != nil {
			l.conn.Close()
			return
		}
		if !l.target.Commands {
			continue
		}
		for _, b := range buffer[:n] {
			if b != '\n' {
				if len(line) < maxCommand {
					line = append(line, b)
				}
				continue
			}
			if words := bytes.TrimSpace(line); len(words) > 0 {
				l.target.board.command(string(words), func(answer string) { l.conn.Write([]byte(answer + "\n")) })
			}
			line = line[:0]
		}
	}
}

func (l *socketLink) lost() <-chan struct{} { return l.done }

func (l *socketLink) close() {
	l.conn.Close()
	<-l.done
}
