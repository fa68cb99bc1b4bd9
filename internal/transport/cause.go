package transport

import (
	"context"

	"sockeye"
)

// howSentKey is the context key of the detail that Because adds.
type howSentKey struct{}

// Because returns a context for Send and Answer. Their sent events get the detail, which says
// why they were sent; see sockeye.Cause. The detail must not change any more; nil adds none.
func Because(ctx context.Context, how *sockeye.Detail) context.Context {
	if how == nil {
		return ctx
	}
	return context.WithValue(ctx, howSentKey{}, how)
}

// HowSent is the detail that Because added to a context, or nil.
func HowSent(ctx context.Context) *sockeye.Detail {
	how, _ := ctx.Value(howSentKey{}).(*sockeye.Detail)
	return how
}

// messageTypeKey is the key of what AsMessage adds to a context.
type messageTypeKey struct{}

// AsMessage is a context for Send and Answer whose messages have a type where the protocol has
// such, unless Options.MessageType says another. "" leaves that to the protocol's own rule.
func AsMessage(ctx context.Context, t sockeye.MessageType) context.Context {
	if t == "" {
		return ctx
	}
	return context.WithValue(ctx, messageTypeKey{}, t)
}

// messageType is the type that AsMessage added to a context, or "".
func messageType(ctx context.Context) sockeye.MessageType {
	t, _ := ctx.Value(messageTypeKey{}).(sockeye.MessageType)
	return t
}

// withCause returns the detail how with the cause of another detail; either may be nil.
func withCause(how, why *sockeye.Detail) *sockeye.Detail {
	switch {
	case why == nil || why.Cause == nil:
		return how
	case how == nil:
		return why
	}
	both := *how
	both.Cause = why.Cause
	return &both
}
