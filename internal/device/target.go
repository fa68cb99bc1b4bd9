package device

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/outbox"
	"sockeye/internal/regular"
)

// TargetState is how a target is: a stable word.
type TargetState string

// The states.
const (
	Connecting TargetState = "connecting"
	Connected  TargetState = "connected"
	Away       TargetState = "away" // it cannot be reached; TargetStatus.Err says why
)

// TargetStatus is how a target of a board is.
type TargetStatus struct {
	Board, Target string
	Address       string
	State         TargetState
	Err           *sockeye.Error
	// Queue counts its rows: those that wait, and what became of others in this run. Again counts those that were sent again because nobody had
	// confirmed them, Rejected those that the target does not want.
	Queue           outbox.RecordCounts
	Again, Rejected uint64
}

// The pauses between attempts to connect.
const (
	leastPause = 500 * time.Millisecond
	mostPause  = 30 * time.Second
)

// errRejected says that the target will never want these rows.
type errRejected struct{ error }

// targetLink is a connection to a target.
type targetLink interface {
	// deliver sends rows and returns when the target has them.
	deliver(ctx context.Context, rows []SensorRow) error
	// lost is closed when the connection is; nil is never.
	lost() <-chan struct{}
	close()
}

// targetRunner delivers the queue of one target.
type targetRunner struct {
	*Target
	board  *runningBoard
	format *formatter
	queue  *outbox.Queue
	dir    string              // of the queue
	before outbox.RecordCounts // of earlier runs

	mu        sync.Mutex
	status    TargetStatus
	unwritten bool // the disk did not take the last row
}

func newTargetRunner(b *runningBoard, t *Target, folder string) (*targetRunner, error) {
	format, err := newFormatter(b.file, t)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(folder, b.file.Name, t.Name)
	q, err := outbox.Open(outbox.QueueOptions{Dir: dir, MaxBytes: int64(t.Queue), Drop: t.Drop})
	if err != nil {
		return nil, queueError(dir, err)
	}
	return &targetRunner{Target: t, board: b, format: format, queue: q, dir: dir, before: q.Counts(),
		status: TargetStatus{Board: b.file.Name, Target: t.Name, Address: shownAddress(t.Address), State: Connecting}}, nil
}

// shownAddress is an address without the password that may be in it.
func shownAddress(s string) string {
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

func queueError(dir string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "open", Target: dir, Err: err}
	switch {
	case errors.Is(err, outbox.ErrInUse):
		e.Kind = sockeye.AddressInUse
		e.Message = text("the queue of this board is in use: it runs already", "该开发板的队列正被使用：它已经在运行")
		e.Hint = text("end the other one, or give this board another name", "请结束另一个进程，或给这块板换个 name")
	case errors.Is(err, os.ErrPermission):
		e.Kind = sockeye.AccessDenied
	}
	return e
}

// Status returns the state of the target now.
func (t *targetRunner) Status() TargetStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.status
	s.Queue = t.queue.Counts()
	s.Queue.Confirmed -= t.before.Confirmed
	s.Queue.Dropped -= t.before.Dropped
	return s
}

func (t *targetRunner) set(state TargetState, err error) {
	t.mu.Lock()
	before := t.status
	t.status.State, t.status.Err = state, sockeye.ErrorOf(err)
	t.mu.Unlock()
	same := before.State == state && (before.Err == nil) == (err == nil) && (err == nil || before.Err.Error() == t.status.Err.Error())
	if !same && state != Connecting {
		t.board.report(t.Status())
	}
}

// run delivers until ctx ends.
func (t *targetRunner) run(ctx context.Context) {
	pause := leastPause
	for ctx.Err() == nil {
		began := time.Now()
		err := t.connected(ctx)
		if ctx.Err() != nil {
			return
		}
		t.set(Away, err)
		if time.Since(began) > mostPause { // it was well for a while
			pause = leastPause
		}
		// Boards that lost one server together must not come back together.
		wait := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, mostPause)
	}
}

// connected connects once, and delivers until that ends.
func (t *targetRunner) connected(ctx context.Context) error {
	dialing, cancel := context.WithTimeout(ctx, t.Timeout.or(10*time.Second))
	l, err := t.dial(dialing)
	cancel()
	if err != nil {
		return err
	}
	defer l.close()
	t.set(Connected, nil)
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() {
		select {
		case <-l.lost():
			end(&sockeye.Error{Kind: sockeye.Closed, Op: "send", Target: shownAddress(t.Address), Message: text("the target closed the connection", "目标关闭了连接")})
		case <-ctx.Done():
		}
	}()
	for {
		rows, err := t.next(ctx)
		if err != nil {
			return err
		}
		if err := t.deliver(ctx, l, rows); err != nil {
			return err
		}
	}
}

func (t *targetRunner) dial(ctx context.Context) (targetLink, error) {
	switch t.service() {
	case serviceHTTP:
		return t.dialHTTP()
	case serviceMQTT:
		return t.dialMQTT(ctx)
	case serviceHub:
		return t.dialHub(ctx)
	}
	return t.dialSocket(ctx)
}

// backlogBatch is how many rows go together to a target that was away.
const backlogBatch = 200

// mqttBatch is how many messages are confirmed together: of version 5 each waits for the
// broker's answer to the one before.
const mqttBatch = 20

// next waits for rows: a full batch, or what there is after Linger.
func (t *targetRunner) next(ctx context.Context) ([]outbox.Record, error) {
	most := max(1, t.Batch)
	records, err := t.queue.Next(ctx, max(most, backlogBatch))
	if err != nil || t.Linger == 0 || len(records) >= most {
		return records, err
	}
	wait := time.NewTimer(time.Duration(t.Linger))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return t.queue.Next(ctx, max(most, backlogBatch))
}

// deliver sends records, in batches, and confirms them.
func (t *targetRunner) deliver(ctx context.Context, l targetLink, records []outbox.Record) error {
	most := t.batch()
	for len(records) > 0 {
		batch := records[:min(most, len(records))]
		records = records[len(batch):]
		last := batch[len(batch)-1].Number
		if err := t.queue.Begin(last); err != nil {
			return err
		}
		rows, again, unread := t.rows(batch)
		limited, cancel := context.WithTimeout(ctx, t.Timeout.or(10*time.Second))
		err := l.deliver(limited, rows)
		cancel()
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			err = &sockeye.Error{Kind: sockeye.TimedOut, Op: "send", Target: shownAddress(t.Address), Message: text("the target did not confirm within %v", "目标没有在 %v 内确认", t.Timeout.or(10*time.Second))}
		}
		rejected, isRejected := errors.AsType[errRejected](err)
		if err != nil && !isRejected {
			return err
		}
		if err := t.queue.Confirm(last); err != nil {
			return err
		}
		t.count(again, unread, len(rows), rejected.error)
	}
	return nil
}

// batch is how many rows go together: a service takes a whole batch as one message; for
// the others it is a matter of calls.
func (t *targetRunner) batch() int {
	switch t.service() {
	case serviceHTTP:
		return max(1, t.Batch)
	case serviceMQTT:
		return max(t.Batch, mqttBatch)
	}
	return max(t.Batch, backlogBatch)
}

// rows decodes records; one that cannot be read is left out and counted.
func (t *targetRunner) rows(records []outbox.Record) (rows []SensorRow, again, unread uint64) {
	for _, record := range records {
		r, err := decodeRow(record)
		if err != nil {
			unread++
			continue
		}
		if r.Again {
			again++
		}
		rows = append(rows, r)
	}
	return rows, again, unread
}

func (t *targetRunner) count(again, unread uint64, rows int, rejected error) {
	t.mu.Lock()
	t.status.Again += again
	t.status.Rejected += unread
	if rejected != nil {
		t.status.Rejected += uint64(rows)
	}
	t.mu.Unlock()
	if rejected != nil {
		t.set(Connected, rejected)
	}
}

// tlsConfig is how https and mqtts trust the other side.
func (t *Target) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.Insecure}
	if u, err := url.Parse(t.Address); err == nil {
		c.ServerName = u.Hostname()
	}
	if t.CA == "" {
		return c, nil
	}
	pem, err := regular.ReadFile(t.CA, maxSecret)
	if err != nil {
		return nil, fileError(t.CA, err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, invalid(t.CA, text("there is no certificate in it", "文件中没有证书"), text("it must be PEM: -----BEGIN CERTIFICATE-----", "应为 PEM 格式：-----BEGIN CERTIFICATE-----"))
	}
	return c, nil
}

// dialTCP connects a service by a session, with TLS if secure.
func (t *targetRunner) dialTCP(ctx context.Context, hostPort string, secure bool) (net.Conn, error) {
	ep := sockeye.Endpoint{Mode: sockeye.Connect}
	if err := ep.ReadAddress("tcp://"+hostPort, 0); err != nil {
		return nil, err
	}
	c, err := t.board.network.dial(ctx, ep)
	if err != nil || !secure {
		return c, err
	}
	config, err := t.tlsConfig()
	if err != nil {
		c.Close()
		return nil, err
	}
	over := tls.Client(c, config)
	if err := over.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, tlsFault(t.Address, err)
	}
	return over, nil
}

func tlsFault(target string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "connect", Target: shownAddress(target), Err: err}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		e.Kind = sockeye.AccessDenied
		e.Message = text("the certificate is not trusted: %v", "证书不受信任：%v", err)
		e.Hint = text(`give the certificate of its authority: ca = "ca.pem"`, `请用 ca = "ca.pem" 指定其颁发机构的证书`)
	}
	return e
}

// endpoint is that of a target that is a socket.
func (t *Target) endpoint() (sockeye.Endpoint, error) {
	ep := sockeye.Endpoint{Mode: sockeye.Connect}
	err := ep.ReadAddress(t.Address, sockeye.DefaultPort)
	return ep, err
}
