package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/hub"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// boardsPage shows a service's boards in a page.
type boardsPage struct{ *EnrolmentService }

// CheckBoard implements api.Hub.
func (boardsPage) CheckBoard(name string) error {
	_, err := hub.ParseBoard(name)
	return err
}

// Boards implements api.Hub.
func (p boardsPage) Boards(context.Context) ([]api.Board, error) {
	all := p.statusOf(p.roster.boards())
	out := make([]api.Board, len(all))
	for i := range all {
		out[i] = boardOf(&all[i])
	}
	return out, nil
}

func boardOf(b *BoardState) api.Board {
	out := api.Board{Name: b.String(), State: "never", Labels: b.Labels, Sessions: []api.BoardSession{}, ClockMS: b.ClockMS}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	since := b.Since
	if s := b.Status; s != nil {
		out.State, since = "away", b.Seen
		out.Version, out.Events, out.Lag, out.LagMS, out.CanSend = s.Version, s.Acknowledged, s.Lag, s.LagMS, s.Sends
	}
	switch {
	case !b.Revoked.IsZero():
		out.State, since = "revoked", b.Revoked
	case b.IsSuspended(time.Now()):
		out.State, since = "suspended", b.Suspension.Since
	case b.Alive:
		out.State, since = "alive", b.AliveSince
		for _, s := range b.Status.Sessions {
			out.Sessions = append(out.Sessions, api.BoardSession{ID: s.ID, Mode: s.Mode, Address: s.Address, Peers: s.Peers})
		}
	}
	out.Since = since.UTC().Format(time.RFC3339Nano)
	return out
}

// Follow implements api.Hub.
func (p boardsPage) Follow(ctx context.Context, names []string, since time.Time) iter.Seq2[core.LiveEvent, error] {
	return func(yield func(core.LiveEvent, error) bool) {
		for e, err := range hub.Read(ctx, p.conn, hub.StreamFilter{Boards: parseBoards(names), Since: since, Follow: true}) {
			from := e.BoardID.String()
			if len(names) == 1 {
				from = ""
			}
			if !yield(core.LiveEvent{From: from, Event: e.Event}, err) {
				return
			}
		}
	}
}

// Send implements api.Hub.
func (p boardsPage) Send(ctx context.Context, names []string, session string, data []byte, wait time.Duration) (out []api.BoardReply, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait+commandTimeout)
	defer cancel()
	for _, o := range sendTo(ctx, p.conn, parseBoards(names), hub.SendRequest{ID: rand.Text(), Session: session, Data: data, Expires: time.Now().Add(wait)}, clocksOf(ctx, p.conn)) {
		reply := api.BoardReply{Board: o.String(), Result: string(o.Result), Peers: o.Peers}
		if o.Error != nil {
			kind := sockeye.AccessDenied
			if o.Result == hub.Away {
				kind = sockeye.HostUnreachable
			}
			reply.Err = &sockeye.Error{Kind: kind, Op: "send", Target: o.String(), Message: o.Error.Message, Hint: o.Error.Hint}
		}
		out = append(out, reply)
	}
	return out, nil
}

// parseBoards are boards by names that were checked, each once.
func parseBoards(names []string) (boards []hub.BoardID) {
	for _, name := range names {
		if b, err := hub.ParseBoard(name); err == nil && !slices.Contains(boards, b) {
			boards = append(boards, b)
		}
	}
	return boards
}

// pagePort is the port of the hub's page unless told otherwise, and pagePorts how many are
// tried where others have it.
const (
	pagePort  = 7626
	pagePorts = 20
)

// hubPage serves the page of a hub.
type hubPage struct {
	server    *api.Server
	bench     *core.Core
	unpublish func()
}

// servePage serves the page on top of a service, on this machine alone: what it lets people
// do is as much as the hub's directory does. It closes the listener.
func (p *hubProgram) servePage(s *EnrolmentService, l net.Listener, dir string) (*hubPage, error) {
	bench := core.New(0)
	server, err := api.New(api.Config{Bench: bench, Version: terminal.ThisBuild().Version, Language: p.Lang, Hub: boardsPage{s},
		Recordings: filepath.Join(dir, "recordings"), Workspace: filepath.Join(dir, "workspace.toml")})
	if err != nil {
		l.Close()
		bench.Shutdown(p.Ctx)
		return nil, err
	}
	server.Allow(l)
	go server.Serve(l) // until end
	unpublish, err := server.Publish(dir)
	if err != nil {
		p.ShowError(err) // sockeye hub page does not find it, everything else works
		unpublish = func() {}
	}
	return &hubPage{server, bench, unpublish}, nil
}

func (s *hubPage) end() {
	s.unpublish()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.server.Close(ctx)
	s.bench.Shutdown(ctx)
}

// listenForPage takes the address, or the next free port where that was not asked for. With
// "off" there is no listener.
func listenForPage(at string) (net.Listener, error) {
	if at == "off" {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(at)
	ip, badIP := netip.ParseAddr(host)
	if err != nil || badIP != nil || !ip.IsLoopback() {
		return nil, terminal.Usage("--page", sockeye.Text{En: strconv.Quote(at) + " is no address of this machine alone", Zh: strconv.Quote(at) + " 不是仅限本机的地址"},
			sockeye.Text{En: "write 127.0.0.1:PORT, and reach it from elsewhere with ssh -L PORT:127.0.0.1:PORT; or --page off", Zh: "写成 127.0.0.1:端口；从别处访问请用 ssh -L 端口:127.0.0.1:端口；不需要页面写 --page off"})
	}
	l, err := net.Listen("tcp", at)
	if port == strconv.Itoa(pagePort) {
		for n := 1; terminal.IsTaken(err) && n < pagePorts; n++ {
			l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(pagePort+n)))
		}
	}
	if err != nil {
		kind := sockeye.System
		if terminal.IsTaken(err) {
			kind = sockeye.AddressInUse
		}
		return nil, &sockeye.Error{Kind: kind, Op: "listen", Target: at, Err: err,
			Hint: sockeye.Text{En: "choose another port: --page 127.0.0.1:8080", Zh: "请换一个端口：--page 127.0.0.1:8080"}}
	}
	return l, nil
}

func (p *hubProgram) pageCommand() *cobra.Command {
	return &cobra.Command{
		Use: "page", Short: p.T("Print an address that opens the page of the hub that runs", "输出一个可打开集线服务页面的地址"),
		Long: p.T("Print an address that opens the page of the hub that runs. It is good once, for a minute.",
			"输出一个可打开集线服务页面的地址，一分钟内有效，只能用一次。"),
		Example: `  sockeye hub page`,
		Args:    terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			dir, err := p.directory()
			if err != nil {
				return err
			}
			client, err := api.Find(dir, p.Lang)
			if err != nil {
				return notRunning(dir)
			}
			ctx, cancel := context.WithTimeout(p.Ctx, commandTimeout)
			defer cancel()
			t, err := client.NewTicket(ctx)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.Out, payload.SafeString(t.URL))
			return err
		},
	}
}
