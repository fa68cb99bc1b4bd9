package api

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/schedule"
)

// Hub is where the journals of many boards come together. All methods may be called from
// any goroutine; their errors are *sockeye.Error.
type Hub interface {
	// CheckBoard says why a name is none of a board.
	CheckBoard(name string) error
	// Boards are all that are enrolled, in the order of their names.
	Boards(ctx context.Context) ([]Board, error)
	// Follow gives the events of boards, or with none of all, from a time on, and goes on
	// with those that come until ctx ends.
	Follow(ctx context.Context, boards []string, since time.Time) iter.Seq2[core.LiveEvent, error]
	// Send asks boards to send data by a session, or with "" by all, and waits so long for
	// those that are away. There is an answer of each.
	Send(ctx context.Context, boards []string, session string, data []byte, wait time.Duration) ([]BoardReply, error)
}

// BoardReply is what a board answered: Result is one of SentByBoard's, and Err why.
type BoardReply struct {
	Board, Result string
	Peers         int
	Err           *sockeye.Error
}

// The bounds of what is asked of a hub.
const (
	maxNamedBoards = 1000
	maxBoardsSince = 10 * 365 * 24 * time.Hour
	boardsWait     = 5 * time.Second
	maxBoardsWait  = time.Minute
)

func (c *requestContext) hub() (Hub, error) {
	if c.o.Hub == nil {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: "boards",
			Message: sockeye.Text{En: "this workbench is no hub", Zh: "此工作台不是集线服务"},
			Hint:    sockeye.Text{En: "sockeye hub starts one, with a page of its own", Zh: "用 sockeye hub 启动，它有自己的页面"}}
	}
	return c.o.Hub, nil
}

func (c *requestContext) boards(None) (Boards, error) {
	h, err := c.hub()
	if err != nil {
		return Boards{}, err
	}
	all, err := h.Boards(c.ctx())
	if all == nil {
		all = []Board{}
	}
	return Boards{all}, err
}

// chosenBoards says what is wrong with boards that are named, or all.
func (c *requestContext) chosenBoards(names []string, all bool) (wrong fieldFaults) {
	if all == (len(names) > 0) && !c.unfit.covers("all") && !c.unfit.covers("boards") {
		wrong.add("boards", "name boards, or all of them, and only one of the two", "请指定开发板或全部，二者之一")
	}
	if len(names) > maxNamedBoards {
		wrong.add("boards", fmt.Sprintf("at most %d; or all", maxNamedBoards), fmt.Sprintf("最多 %d 块；或选全部", maxNamedBoards))
		return wrong
	}
	if c.o.Hub == nil {
		return wrong
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			wrong.add(fmt.Sprintf("boards[%d]", i), "named twice", "重复")
			continue
		}
		if at := fmt.Sprintf("boards[%d]", i); !c.unfit.covers(at) {
			if err := c.o.Hub.CheckBoard(name); err != nil {
				e := *sockeye.ErrorOf(err)
				e.Target = at
				wrong.note(&e)
			}
		}
	}
	return wrong
}

func (in OpenBoards) check(c *requestContext) error {
	wrong := c.chosenBoards(in.Boards, in.All)
	if (in.SinceMS < 0 || in.SinceMS > maxBoardsSince.Milliseconds()) && !c.unfit.covers("since_ms") {
		wrong.add("since_ms", "between 0 and ten years", "应在 0 与十年之间")
	}
	return wrong.join()
}

func (c *requestContext) openBoards(in OpenBoards) (OpenedRecording, error) {
	h, err := c.hub()
	if err == nil {
		err = in.check(c)
	}
	if err != nil {
		return OpenedRecording{}, err
	}
	since := time.Now().Add(-time.Duration(in.SinceMS) * time.Millisecond)
	o, err := c.bench.OpenLive(boardsTitle(in), func(ctx context.Context) iter.Seq2[core.LiveEvent, error] { return h.Follow(ctx, in.Boards, since) })
	if err != nil {
		return OpenedRecording{}, err
	}
	return openedOf(o), nil
}

// boardsTitle names a log as sockeye log names a hub's stream: "hub:" is all of it.
func boardsTitle(in OpenBoards) string {
	switch n := len(in.Boards); {
	case n <= 2:
		return "hub:" + strings.Join(in.Boards, " hub:")
	default:
		return fmt.Sprintf("hub:%s hub:%s … (%d)", in.Boards[0], in.Boards[1], n)
	}
}

// row is what to send, with everything that is wrong with the request.
func (in SendByBoards) row(c *requestContext) (row schedule.Row, wrong fieldFaults) {
	wrong = c.chosenBoards(in.Boards, in.All)
	if (in.WaitMS < 0 || in.WaitMS > maxBoardsWait.Milliseconds()) && !c.unfit.covers("wait_ms") {
		wrong.add("wait_ms", "between 0 and a minute", "应在 0 与一分钟之间")
	}
	row, more := outgoing{payload: in.Payload, data: in.Data}.row(c)
	return row, append(wrong, more...)
}

func (in SendByBoards) check(c *requestContext) error {
	_, wrong := in.row(c)
	return wrong.join()
}

func (c *requestContext) sendByBoards(in SendByBoards) (SentByBoards, error) {
	h, err := c.hub()
	if err != nil {
		return SentByBoards{}, err
	}
	row, wrong := in.row(c)
	if len(wrong) > 0 {
		return SentByBoards{}, wrong.join()
	}
	out := SentByBoards{Data: in.Data, Results: []SentByBoard{}}
	if out.Data == nil {
		if out.Data, err = c.bench.Preview(row); err != nil {
			return SentByBoards{}, err
		}
	}
	names := in.Boards
	if in.All {
		if names, err = c.everyBoard(h); err != nil {
			return SentByBoards{}, err
		}
	}
	wait := cmp.Or(time.Duration(in.WaitMS)*time.Millisecond, boardsWait)
	replies, err := h.Send(c.ctx(), names, in.Session, out.Data, wait)
	w := c.wordingOf(c.r)
	for _, r := range replies {
		result := SentByBoard{Board: r.Board, Result: r.Result, Peers: r.Peers}
		if r.Err != nil {
			result.Error = w.line(r.Err)
		}
		out.Results = append(out.Results, result)
	}
	return out, err
}

// everyBoard are the names of all boards that are not revoked.
func (c *requestContext) everyBoard(h Hub) (names []string, err error) {
	all, err := h.Boards(c.ctx())
	for _, b := range all {
		if b.State != "revoked" {
			names = append(names, b.Name)
		}
	}
	return names, err
}
