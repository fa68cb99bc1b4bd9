package client_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/client"
)

// A comment is on its event until another one, or none, takes its place.
func TestComment(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		s, address := x.listen(nil)
		x.say(x.board(address), "ping")
		m, err := x.Expect(x.ctx, s, []byte("ping"))
		if err != nil {
			t.Fatal(err)
		}
		want := client.Comment{Event: m.Seq, Session: s, Kind: sockeye.Received, Peer: m.Peer.Remote.String(), Text: "why so late?"}
		made, err := x.Comment(x.ctx, s, m.Seq, " why so late? ")
		if diff := cmp.Diff(client.Commented{Comment: want}, made); err != nil || diff != "" {
			t.Error(err, diff)
		}
		want.Text = sockeye.Bookmark
		if _, err := x.Comment(x.ctx, "", m.Seq, want.Text); err != nil {
			t.Error(err)
		}
		for _, session := range []string{s, ""} {
			list, err := x.Comments(x.ctx, session)
			if diff := cmp.Diff([]client.Comment{want}, list); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
		if _, err := x.Comment(x.ctx, s, m.Seq, ""); err != nil {
			t.Error(err)
		}
		if list, err := x.Comments(x.ctx, ""); err != nil || len(list) != 0 {
			t.Error(err, list)
		}
		_, err = x.Comment(x.ctx, s, 1<<40, "x")
		fails(t, err, sockeye.NotFound)
		_, err = x.Comment(x.ctx, "s77", m.Seq, "x")
		fails(t, err, sockeye.NotFound)
		_, err = x.Comment(x.ctx, s, m.Seq, strings.Repeat("x", sockeye.MaxComment+1))
		fails(t, err, sockeye.Invalid)
		_, err = x.Comments(x.ctx, "s77")
		fails(t, err, sockeye.NotFound)
	})
}
