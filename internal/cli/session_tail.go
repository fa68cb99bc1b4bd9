package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// tailFlags are the flags of session tail.
type tailFlags struct {
	terminal.DisplayFlags
	terminal.FrameFlags
	last uint
	once bool
}

func (a *app) sessionTailCommand() *cobra.Command {
	var f tailFlags
	cmd := &cobra.Command{
		Use:   "tail [SESSION]",
		Short: a.t("Show what happens, as it happens", "实时显示发生的一切"),
		Long: a.t(`Show the last events of a session, or of all, and then what happens, as listen and
connect do. It ends with the session, or with the workbench.`,
			`显示某个会话（或全部会话）最近的事件，然后像 listen 和 connect 那样实时显示。
会话或工作台结束时退出。`),
		Example: `  sockeye session tail
  sockeye session tail s1 --hex
  sockeye session tail --json --last 1000 --once`,
		RunE: func(cmd *cobra.Command, args []string) error {
			session := ""
			if len(args) > 0 {
				if err := expectSessions(cmd, args, 1); err != nil {
					return err
				}
				session = args[0]
			}
			return a.sessionTail(session, &f)
		},
	}
	fs := cmd.Flags()
	fs.UintVar(&f.last, "last", 20, a.t("how many events of before to begin with", "先显示此前的多少个事件"))
	fs.BoolVar(&f.once, "once", false, a.t("do not wait for more", "显示完后不再等待"))
	fs.BoolVar(&f.Hex, "hex", false, a.t("show bytes as a hex dump", "以十六进制显示"))
	fs.BoolVar(&f.Json, "json", false, a.t("print one JSON event per line", "每个事件输出一行 JSON"))
	fs.BoolVar(&f.Raw, "raw", false, a.t("write received bytes exactly, nothing else", "原样输出收到的字节"))
	f.FrameFlags.Register(a.Terminal, fs)
	f.Decode.Register(a.Terminal, fs)
	return cmd
}

func (a *app) sessionTail(session string, f *tailFlags) error {
	form, err := f.Format(a.Terminal)
	if err != nil {
		return err
	}
	if form == terminal.Raw && !f.Raw {
		form = terminal.Lines
	}
	if form, err = f.Framed(&f.DisplayFlags, form); err != nil {
		return err
	}
	choice, err := f.Choice()
	if err != nil {
		return err
	}
	if choice != nil {
		f.Frame = choice.Frame()
	}
	workbench, err := a.workbench()
	if err != nil {
		return err
	}
	defer workbench.Close()
	t := &tail{app: a, client: apiOf(workbench), session: session, frames: f.FrameFlags, shown: map[tailFlow]uint64{}, decoder: api.NewEventDecoder(apiOf(workbench))}
	t.makeView(form, f.once)
	t.view.ShowValues(choice)
	err = t.run(f)
	if t.bar != nil {
		t.bar.End()
	}
	if flushErr := t.view.End(); err == nil && flushErr != nil {
		err = terminal.OutputError(flushErr)
	}
	if workbenchGone(a.Ctx, err) {
		return nil
	}
	return err
}

// tail follows a workbench in another process.
type tail struct {
	app     *app
	client  *api.HTTPClient
	session string
	frames  terminal.FrameFlags
	decoder *api.EventDecoder
	view    *terminal.View
	bar     *terminal.StatusBar // says that faults are active, nil where that cannot be kept in sight
	next    uint64              // the number to ask from
	over    bool                // the session is closed
	shown   map[tailFlow]uint64 // how far frames were shown that only a pause has ended
	due     <-chan time.Time    // another of them is one then
}

// makeView makes the view, on a terminal above a bar.
func (t *tail) makeView(form terminal.OutputFormat, once bool) {
	a, out := t.app, t.app.Out
	isTerminal := terminal.IsTerminal(a.Out)
	colour := isTerminal && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
	if (form == terminal.Lines || form == terminal.HexLines) && t.session != "" && !once {
		if t.bar = a.NewStatusBar("", a.Out, colour); t.bar != nil {
			out = t.bar
		}
	}
	t.view = a.NewView(form, out, a.Err, colour)
}

// faultsText says that faults are active in a session; "" if none are.
func (t *tail) faultsText(s *api.Session) string {
	if s.Faults == 0 || s.State == "closed" {
		return ""
	}
	return fmt.Sprintf(t.app.t("faults are active: %d (sockeye session fault %s)", "故障已启用：%d 个（sockeye session fault %s）"), s.Faults, s.ID)
}

func (t *tail) run(f *tailFlags) error {
	if t.session != "" {
		var s api.Session
		if err := t.client.Ask(t.app.Ctx, "GET", "/sessions/"+t.session, nil, &s); err != nil {
			return err
		}
		switch text := t.faultsText(&s); {
		case t.bar != nil:
			t.bar.Say(text)
		case text != "":
			fmt.Fprintln(t.app.Err, text)
		}
	}
	if err := t.begin(f.last, f.once); err != nil {
		return err
	}
	if f.once || t.over {
		return nil
	}
	feed, err := t.client.Get(t.app.Ctx, "GET", fmt.Sprintf("/live?from=%d", t.next), nil)
	if err != nil {
		return err
	}
	defer feed.Close()
	return t.follow(feed)
}

// begin shows the last events there are, and if nothing follows, what is no frame yet.
func (t *tail) begin(last uint, once bool) error {
	var pages []api.Events
	from := uint64(0)
	for left := min(last, 1_000_000); ; {
		page, err := t.page(from, min(max(left, 1), 1000), true)
		if err != nil {
			return err
		}
		if from == 0 {
			t.next = page.Next
		}
		if left == 0 {
			return nil
		}
		pages = append(pages, page)
		left -= min(left, uint(len(page.Events)))
		if from = page.ScannedTo; page.Done || left == 0 {
			break
		}
	}
	for n := len(pages) - 1; n >= 0; n-- {
		if err := t.show(pages[n].Events); err != nil {
			return err
		}
	}
	return t.showOpen(pages[0].Cut, once)
}

func (t *tail) page(from uint64, limit uint, back bool) (page api.Events, err error) {
	q := url.Values{"from": {fmt.Sprint(from)}, "limit": {fmt.Sprint(limit)}, "back": {fmt.Sprint(back)}}
	if t.session != "" {
		q.Set("session", t.session)
	}
	if t.frames.Frame != "" {
		q.Set("frame", t.frames.Frame)
	}
	if t.frames.Check != "" {
		q.Set("check", t.frames.Check)
	}
	err = t.client.Ask(t.app.Ctx, "GET", "/events?"+q.Encode(), nil, &page)
	return page, err
}

// follow shows what comes whenever the feed tells of more, or a pause is over.
func (t *tail) follow(feed io.Reader) error {
	news, stop := make(chan api.Live), make(chan struct{})
	failed := make(chan error, 1)
	defer close(stop)
	go readFeed(feed, news, failed, stop)
	for {
		var line api.Live
		told := true
		select {
		case line, told = <-news:
		case <-t.due:
			line.Next = t.next
		}
		if !told {
			select {
			case err := <-failed:
				return err
			default:
			}
			return t.feedEnded()
		}
		if err := t.showUpTo(line.Next); err != nil {
			return err
		}
		for n := range line.Sessions {
			if s := &line.Sessions[n]; t.bar != nil && s.ID == t.session {
				t.bar.Say(t.faultsText(s))
			}
		}
		if line.Ended || t.over {
			return nil
		}
	}
}

// readFeed gives the lines of a feed to news until it ends, which closes news, or stop is
// closed. A line that is none goes to failed, which has room for it.
func readFeed(feed io.Reader, news chan<- api.Live, failed chan<- error, stop <-chan struct{}) {
	defer close(news)
	lines := bufio.NewScanner(feed)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line api.Live
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			failed <- &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "workbench", Err: err}
			return
		}
		select {
		case news <- line:
		case <-stop:
			return
		}
	}
}

// feedEnded is why the feed ended: nil when the workbench has gone.
func (t *tail) feedEnded() error {
	if t.app.Ctx.Err() != nil {
		return t.app.Interrupted()
	}
	err := t.client.Ask(t.app.Ctx, "GET", fmt.Sprintf("/events?from=%d&limit=1", t.next), nil, nil)
	if e := sockeye.ErrorOf(err); e != nil && e.Kind == sockeye.LimitReached {
		return err // it gives up views, and says why
	}
	return nil
}

// showUpTo shows what came before an event, and what pauses have ended by now.
func (t *tail) showUpTo(next uint64) error {
	for again := t.due != nil; (t.next < next || again) && !t.over; again = false {
		page, err := t.page(t.next, 1000, false)
		if err != nil {
			return err
		}
		if page.Oldest > t.next {
			t.view.Show(sockeye.Event{Seq: t.next, Kind: sockeye.Gap, Time: time.Now(), Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: page.Oldest - t.next}}})
		}
		if err := t.show(page.Events); err != nil {
			return err
		}
		if err := t.showOpen(page.Cut, false); err != nil {
			return err
		}
		t.next = page.ScannedTo
	}
	if err := t.view.Flush(); err != nil {
		return terminal.OutputError(err)
	}
	return nil
}

func (t *tail) show(events []api.EventLine) error {
	for n := range events {
		l := &events[n]
		e := t.decoder.Event(t.app.Ctx, l)
		if e.Session != nil {
			t.view.MarkOpened(e.Session) // its errors are news, not the command's own
		}
		t.showFrames(l, e, func(*api.Frame) bool { return true })
		if t.view.FrameErr != nil {
			return terminal.OutputError(t.view.FrameErr)
		}
		if t.frames.Frame != "" && (e.Kind == sockeye.Received || e.Kind == sockeye.Sent) {
			continue
		}
		if err := t.view.Show(e); err != nil {
			return terminal.OutputError(err)
		}
		if e.Kind == sockeye.Ended && t.session != "" {
			t.over = true
		}
	}
	return nil
}
