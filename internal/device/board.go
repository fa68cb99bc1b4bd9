package device

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/outbox"
	"sockeye/internal/sensor"
)

// runningBoard is one board that runs.
type runningBoard struct {
	file     *Config
	data     string // folder of this user's identities
	version  string
	network  *sessionNetwork
	machine  *sensor.Hardware
	channels []*channel
	targets  []*targetRunner
	report   func(TargetStatus)
	broken   func(board, sensor string, err error)
	rebooted chan struct{}
	syncs    time.Duration // how often the disk is asked to keep the queues

	mu     sync.Mutex
	latest []SensorValue // of every sensor that has one, in the order of the file
	lines  map[string]*sensor.GPIOLine
}

func openBoard(f *Config, seed uint64, n *sessionNetwork, o RunOptions) (*runningBoard, error) {
	b := &runningBoard{file: f, data: o.Data, version: o.Version, network: n, machine: sensor.NewHardware(cmp.Or(o.Root, "/")), report: o.Report, broken: o.Broken, rebooted: make(chan struct{}, 1),
		syncs: syncEvery * time.Duration(max(1, o.Count/10)), lines: map[string]*sensor.GPIOLine{}}
	if b.report == nil {
		b.report = func(TargetStatus) {}
	}
	if b.broken == nil {
		b.broken = func(string, string, error) {}
	}
	var wrong []error
	shared := make(chan struct{}, 1)
	for i := range f.Sensors {
		c, err := openChannel(b.machine, f, &f.Sensors[i], time.Now, seed, o.env())
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if !c.slow() {
			c.woken = shared
		}
		b.channels = append(b.channels, c)
	}
	for i := range f.Targets {
		if len(wrong) > 0 {
			break
		}
		t, err := newTargetRunner(b, &f.Targets[i], o.State)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		b.targets = append(b.targets, t)
	}
	if len(wrong) > 0 {
		b.close()
		return nil, errors.Join(wrong...)
	}
	return b, nil
}

// wait waits for the board's turn in the ramp.
func (b *runningBoard) wait(ctx context.Context, n int, ramp float64) bool {
	if ramp <= 0 || n == 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(time.Duration(float64(n) / ramp * float64(time.Second)))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// rebootPause is how long a board that reboots is away.
const rebootPause = 2 * time.Second

// run plays the board until ctx ends. A reboot ends all connections and begins again.
func (b *runningBoard) run(ctx context.Context, drain time.Duration) {
	for {
		up, down := context.WithCancel(ctx)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			b.up(up, ctx, drain)
		}()
		select {
		case <-ctx.Done():
			down()
			<-stopped
			return
		case <-b.rebooted:
		}
		down()
		<-stopped
		t := time.NewTimer(rebootPause)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

func (b *runningBoard) restart() {
	select {
	case b.rebooted <- struct{}{}:
	default:
	}
}

// up measures until up ends, and then delivers what is left, for at most drain if it is
// life that ended, too.
func (b *runningBoard) up(up, life context.Context, drain time.Duration) {
	delivering, stop := context.WithCancel(context.Background())
	defer stop()
	var measuring, sending sync.WaitGroup
	for _, t := range b.targets {
		sending.Go(func() { t.run(delivering) })
	}
	for _, s := range b.samplers() {
		measuring.Go(func() { s.run(up) })
	}
	for _, c := range b.channels {
		if c.Edge != "" {
			measuring.Go(func() { b.edges(up, c) })
		}
	}
	b.syncing(up)
	measuring.Wait()
	if life.Err() != nil {
		b.awaitEmpty(drain)
	}
	stop()
	sending.Wait()
}

// samplers are one for the quick sensors, and one for each slow one.
func (b *runningBoard) samplers() (all []*sampler) {
	quick := &sampler{board: b}
	for _, c := range b.channels {
		switch {
		case c.Edge != "":
		case c.slow():
			all = append(all, &sampler{b, []*channel{c}})
		default:
			quick.channels = append(quick.channels, c)
		}
	}
	if len(quick.channels) > 0 {
		all = append(all, quick)
	}
	return all
}

// syncEvery bounds what a loss of power takes: an SD card does not like more. Of many
// boards each asks less often.
const syncEvery = time.Second

// syncing has the disk keep the queues until ctx ends.
func (b *runningBoard) syncing(ctx context.Context) {
	tick := time.NewTicker(b.syncs)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, t := range b.targets {
			if err := t.queue.Sync(); err != nil {
				b.report(t.troubled(err))
			}
		}
	}
}

// awaitEmpty waits until the targets that are connected have everything.
func (b *runningBoard) awaitEmpty(limit time.Duration) {
	const interval = 10 * time.Millisecond
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(interval) {
		if !slices.ContainsFunc(b.targets, func(t *targetRunner) bool {
			s := t.Status()
			return s.State == Connected && s.Queue.Waiting > 0
		}) {
			return
		}
	}
}

// measured puts a row into the queue of every target, if one of its values is fresh.
func (b *runningBoard) measured(at time.Time, values []SensorValue) {
	if !slices.ContainsFunc(values, func(v SensorValue) bool { return v.Fresh }) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock() // the queues have the rows in the same order
	row := SensorRow{Time: at, Values: b.merge(values)}
	record := row.encode(nil)
	for _, t := range b.targets {
		t.appended(t.queue.Append(record))
	}
}

// merge sets the latest values, and gives all with the fresh ones marked.
func (b *runningBoard) merge(values []SensorValue) []SensorValue {
	for i := range b.latest {
		b.latest[i].Fresh = false
	}
	for _, s := range b.file.Sensors {
		n := slices.IndexFunc(values, func(v SensorValue) bool { return v.Name == s.Name })
		if n < 0 {
			continue
		}
		if at := slices.IndexFunc(b.latest, func(v SensorValue) bool { return v.Name == s.Name }); at >= 0 {
			b.latest[at] = values[n]
		} else {
			b.latest = append(b.latest, values[n])
		}
	}
	return b.latest
}

// failed tells of a sensor that breaks or is well again, once, and says whether it is
// broken.
func (b *runningBoard) failed(c *channel, err error) bool {
	if (err != nil) != c.broken {
		c.broken = err != nil
		b.broken(b.file.Name, c.Name, err)
	}
	return err != nil
}

func (b *runningBoard) status() (all []TargetStatus) {
	for _, t := range b.targets {
		all = append(all, t.Status())
	}
	return all
}

// measuredChannels counts the sensors that have a value.
func (b *runningBoard) measuredChannels() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.latest)
}

func (b *runningBoard) close() error {
	var failed error
	for _, t := range b.targets {
		failed = errors.Join(failed, t.queue.Close())
	}
	for _, c := range b.channels {
		c.source.Close()
	}
	for _, l := range b.lines {
		l.Close()
	}
	return failed
}

// appended tells of a disk that does not take rows, once until it takes one again. A row that
// a full queue drops is counted only.
func (t *targetRunner) appended(err error) {
	if errors.Is(err, outbox.ErrFull) {
		return
	}
	t.mu.Lock()
	known := t.unwritten
	t.unwritten = err != nil
	t.mu.Unlock()
	if err != nil && !known {
		t.board.report(t.troubled(err))
	}
}

// troubled is the status with an error of the disk.
func (t *targetRunner) troubled(err error) TargetStatus {
	s := t.Status()
	s.Err = &sockeye.Error{Kind: sockeye.System, Op: "write", Target: t.Name, Err: err,
		Message: text("the queue on disk does not take rows: %v", "磁盘上的队列无法写入：%v", err), Hint: text("make room on the disk", "请清理磁盘空间")}
	return s
}
