package client

import (
	"context"
	"errors"
	"fmt"

	"sockeye"
)

// errClosed is the cause of calls that Close ends.
var errClosed = &sockeye.Error{Kind: sockeye.Closed, Op: "ask", Target: "workbench", Message: sockeye.Text{En: "this client is closed", Zh: "客户端已关闭"}}

// failure is the *sockeye.Error of an error that is none.
func failure(ctx context.Context, op, target string, err error) error {
	if _, ok := errors.AsType[*sockeye.Error](err); ok || err == nil {
		return err
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: op, Target: target, Err: err}
	if ctx.Err() != nil {
		e.Kind, e.Err = sockeye.Canceled, context.Cause(ctx)
		if closed, ok := errors.AsType[*sockeye.Error](e.Err); ok {
			return closed
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			e.Kind = sockeye.TimedOut
			e.Message = sockeye.Text{En: "not done within the time allowed", Zh: "未能在限定时间内完成"}
		}
	}
	return e
}

// noSession is the error of a session that is not in the list.
func noSession(id string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: fmt.Sprintf("%q", id),
		Message: sockeye.Text{En: "no such session", Zh: "没有这个会话"},
		Hint:    sockeye.Text{En: "Sessions lists them", Zh: "Sessions 列出全部会话"}}
}

// isClosed is the error of a session that is closed.
func isClosed(id string) error {
	return &sockeye.Error{Kind: sockeye.Closed, Op: "open", Target: id,
		Message: sockeye.Text{En: "the session is closed", Zh: "会话已关闭"},
		Hint:    sockeye.Text{En: "open another one", Zh: "请重新打开一个"}}
}

// failures joins the errors of deliveries.
func failures(sent []Delivery) error {
	var all []error
	for _, d := range sent {
		if d.Err != nil {
			all = append(all, d.Err)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}
