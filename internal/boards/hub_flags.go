package boards

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/hub"
	"sockeye/internal/terminal"
)

// HubFlags have a command's events published to a hub.
type HubFlags struct {
	word string // a code, or the name of a board that was enrolled here
	send bool
	rate int64
	id   *hub.Identity
}

// outboxBytes bounds the recording of a board that was not told where to record: the
// oldest segments are deleted beyond it, acknowledged or not.
const outboxBytes = 1 << 30

// Register adds the flags to those of a command.
func (f *HubFlags) Register(x *terminal.Terminal, fs *pflag.FlagSet) {
	fs.StringVar(&f.word, "hub", "", x.T("publish all events to a hub: a code of sockeye hub enrol, or the name of a board enrolled here", "把全部事件发布到集线服务：sockeye hub enrol 生成的注册码，或在本机注册过的开发板名称"))
	fs.BoolVar(&f.send, "hub-send", false, x.T("let the hub's users send by the sessions of this command", "允许集线服务的用户通过本命令的会话发送"))
	fs.Var(terminal.ByteSizeOf(&f.rate), "hub-rate", x.T("how fast old events are sent, a second (default 4MiB)", "补发旧事件的速度，每秒（默认 4MiB）"))
}

// Named reports whether a hub was named.
func (f *HubFlags) Named() bool { return f.word != "" }

// asTarget is the hub for who sends rows to it and publishes nothing else.
func (f *HubFlags) asTarget() string {
	word := f.word
	f.word = ""
	return word
}

// Prepare joins the hub, before anything is opened. What is not recorded where a person
// said is recorded in the board's own directory, so that nothing is lost while the hub is
// away, or this program is.
func (f *HubFlags) Prepare(x *terminal.Terminal, rec *terminal.RecordFlags) (err error) {
	if f.word == "" {
		if f.send || f.rate > 0 {
			return terminal.Usage("--hub-send --hub-rate", sockeye.Text{En: "they go with --hub", Zh: "须与 --hub 一起使用"}, sockeye.Text{})
		}
		return nil
	}
	if o := rec.Options(x, sockeye.Endpoint{}); rec.To != "" && o.Dir == "" {
		return terminal.Usage("--hub --record", sockeye.Text{En: "what the hub does not have yet is read from the recording, which must be a directory", Zh: "集线服务尚未收到的事件从记录中读取，记录必须是目录"},
			sockeye.Text{En: "name a directory, or leave --record out", Zh: "请指定目录，或去掉 --record"})
	}
	if f.id, err = hub.Join(x.Ctx, x.DataDir(), f.word); err != nil {
		if x.Ctx.Err() != nil {
			return x.Interrupted()
		}
		return err
	}
	if rec.To == "" {
		rec.To, rec.Sync = f.id.Outbox(), terminal.SyncAlways
		if rec.How.TotalBytes == 0 {
			rec.How.TotalBytes = outboxBytes
		}
	}
	return nil
}

// Publish begins to publish, if a hub was named. What it returns waits for the hub to have
// everything, once the workbench has ended.
func (f *HubFlags) Publish(x *terminal.Terminal, bench *core.Core, say func(string)) (end func(context.Context), err error) {
	if f.id == nil {
		return func(context.Context) {}, nil
	}
	p, err := hub.Publish(hub.PublisherOptions{Identity: f.id, Bench: bench, AllowSend: f.send, Rate: f.rate, Version: terminal.ThisBuild().Version,
		Report: func(err error) {
			if err == nil {
				say(fmt.Sprintf(x.T("hub: publishing as %s", "集线服务：正在以 %s 发布"), f.id.BoardID))
				return
			}
			for _, line := range x.ErrorLines(err) {
				say(line)
			}
		}})
	if err != nil {
		return nil, err
	}
	return p.End, nil
}

// Start is Publish for a command with a view.
func (f *HubFlags) Start(x *terminal.Terminal, l *terminal.Runner) error {
	end, err := f.Publish(x, l.Bench, l.Print)
	if err == nil {
		l.AfterShutdown(end)
	}
	return err
}
