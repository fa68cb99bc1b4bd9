package page_test

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys presses keys one after the other, each while the held modifiers are down, as a
// keyboard does: a page that prevents the default of a keydown gets no character of that
// key. chromedp.KeyEvent sends the character as an event of its own, which comes in any
// case, and goes to whatever has the focus by then.
func keys(text string, held ...chromedp.Modifier) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range text {
			for _, event := range pressed(kb.Encode(r), held) {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *event); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// pressed puts the character of a key into the event of its going down, and adds the held
// modifiers. Keys make characters only alone or with Shift.
func pressed(events []*input.DispatchKeyEventParams, held []chromedp.Modifier) []*input.DispatchKeyEventParams {
	down, up := events[0], events[len(events)-1]
	for _, m := range held {
		down.Modifiers |= int64(m)
		up.Modifiers |= int64(m)
	}
	if len(events) == 3 && down.Modifiers&^int64(chromedp.ModifierShift) == 0 {
		down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
	}
	return []*input.DispatchKeyEventParams{down, up}
}
