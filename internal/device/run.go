package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/client"
)

// RunOptions are those of Run.
type RunOptions struct {
	// Client is the workbench whose sessions go to the targets.
	Client client.Client
	// Root is the folder with the machine's sys, proc and dev; "" is /.
	Root string
	// State is the folder for the queues.
	State string
	// Data is the folder of this user's data, where a hub's boards are known, and Version that
	// of the program, which a hub shows.
	Data, Version string
	// Count is how many boards there are; 0 is 1. Ramp is how many start in a second; 0 is
	// all at once.
	Count int
	Ramp  float64
	// Drain is how long the queues may go on being delivered at the end.
	Drain time.Duration
	// Env is the environment in which systemd says where it wants to hear of the process;
	// nil is an empty one.
	Env func(string) string
	// SafeMode is told, before anything else, that the board of a service begins without
	// commands, and why.
	SafeMode func(why *sockeye.Error)
	// Report is told when a target comes or goes, from any goroutine.
	Report func(TargetStatus)
	// Broken is told when a sensor cannot be read, and with nil when it can again.
	Broken func(board, sensor string, err error)
}

// Run plays the boards of a file until ctx ends, and gives what became of every target.
// The error is that of the beginning; what happens to targets later is theirs.
func Run(ctx context.Context, f *Config, o RunOptions) ([]TargetStatus, error) {
	if o.Count > 1 {
		if err := f.canBeMany(); err != nil {
			return nil, err
		}
	}
	f, lasted := counted(f, &o)
	n := newNetwork(o.Client)
	defer n.close()
	boards, err := openBoards(f, n, o)
	if err != nil {
		return nil, err
	}
	steady := time.AfterFunc(steadyAfter, lasted)
	defer steady.Stop()
	defer lasted() // it ends because it is asked to
	var running sync.WaitGroup
	running.Go(func() { newNotifier(o.env()).run(ctx, f.safeMode, func() { alive(boards) }) })
	for i, b := range boards {
		running.Go(func() {
			if b.wait(ctx, i, o.Ramp) {
				b.run(ctx, o.Drain)
			}
		})
	}
	running.Wait()
	var all []TargetStatus
	for _, b := range boards {
		all = append(all, b.status()...)
		err = errors.Join(err, b.close())
	}
	return all, err
}

// alive takes every lock that measuring and delivering take: it does not return if one of
// them is stuck.
func alive(boards []*runningBoard) {
	for _, b := range boards {
		b.measuredChannels()
		b.status()
	}
}

func (o *RunOptions) env() func(string) string {
	if o.Env == nil {
		return func(string) string { return "" }
	}
	return o.Env
}

// openBoards opens all boards, or none.
func openBoards(f *Config, n *sessionNetwork, o RunOptions) ([]*runningBoard, error) {
	var boards []*runningBoard
	for i := range max(1, o.Count) {
		b, err := openBoard(f.instance(i, max(1, o.Count)), uint64(i), n, o)
		if err != nil {
			for _, b := range boards {
				b.close()
			}
			return nil, err
		}
		boards = append(boards, b)
	}
	return boards, nil
}

// instance is the file of one of many boards: it has a name of its own.
func (f *Config) instance(n, of int) *Config {
	one := *f
	if of > 1 {
		one.Name += fmt.Sprintf("-%04d", n+1)
	}
	one.Sensors, one.Targets = slices.Clone(f.Sensors), slices.Clone(f.Targets)
	return &one
}

// canBeMany says why a file cannot be played by several boards.
func (f *Config) canBeMany() error {
	for _, s := range f.Sensors {
		if s.Edge != "" || strings.HasPrefix(s.Read, "gpio/") {
			return invalid("--count", text("the GPIO line of %s is there once", "%s 的 GPIO 引脚只有一个", s.Name), text("many boards can have simulated sensors", "多块板请使用模拟传感器"))
		}
	}
	for _, t := range f.Targets {
		if t.Hub != "" {
			return invalid("--count", text("a hub knows each board by a code of its own, and there is one in the file", "集线服务以各自的注册码识别开发板，而文件中只有一个"), text("many boards can have sockets and services as targets", "多块板请以套接字或服务为目标"))
		}
	}
	return nil
}
