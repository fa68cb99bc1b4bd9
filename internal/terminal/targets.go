package terminal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sockeye"
	"sockeye/internal/core"
)

// targets are the peers that typed lines go to, in the words of the person. A word that
// means one connection, such as its number, means the board behind it: when that leaves
// and comes back, the session tells which peer it is now (core.Recipients.Choose).
type targets struct {
	mu  sync.Mutex
	all []targetWord
}

// targetWord is one word.
type targetWord struct {
	word  string
	id    uint64 // the peer it means, or 0
	alias bool   // the peer that comes back has the word, too
}

func newTargets(words ...string) *targets {
	t := &targets{}
	for _, w := range words {
		t.all = append(t.all, targetWord{word: w})
	}
	return t
}

// words select the peers now.
func (t *targets) words() (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all {
		out = append(out, one.word)
	}
	return out
}

// isAll reports whether everybody is meant.
func (t *targets) isAll() bool { return slices.Equal(t.words(), []string{core.All}) }

// choose makes words mean who is there.
func (t *targets) choose(s *core.Session, words []string) error {
	var all []targetWord
	var ids []uint64
	for _, word := range words {
		one := targetWord{word: word}
		if !strings.EqualFold(word, core.All) {
			peers, err := s.Find(word)
			if err != nil {
				return err
			}
			if p := peers[0]; len(peers) == 1 && p.Network.Traits().Connections && word != p.Remote.Addr().String() {
				one.id, one.alias = p.ID, word == p.Alias()
				ids = append(ids, p.ID)
			}
		}
		all = append(all, one)
	}
	if err := s.Recipients().Choose(ids); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = all
	return nil
}

// follow looks which of the chosen peers came back, and returns them.
func (t *targets) follow(s *core.Session) (back []*core.Peer, before []uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range s.Recipients().Chosen() {
		old := s.Recipients().Replaces(id)
		for i := range t.all {
			if one := &t.all[i]; old != 0 && one.id == old {
				one.id = id
				if !one.alias {
					one.word = fmt.Sprintf("#%d", id)
				}
				if p := s.Peer(id); p != nil {
					back, before = append(back, p), append(before, old)
				}
			}
		}
	}
	return back, before
}

// followPeers says when a chosen peer came back, until ctx ends.
func (c *repl) followPeers(ctx context.Context) {
	cursor := c.run.Bench.View(0)
	defer cursor.Close()
	cursor.Only(sockeye.Joined, sockeye.Left)
	for {
		if _, err := cursor.Next(ctx); err != nil {
			return
		}
		back, before := c.to.follow(c.session)
		for i, p := range back {
			c.run.console.print(fmt.Sprintf(c.term.T("#%d reconnected as %s: what you type goes there", "#%d 已重新连接为 %s，输入的内容发往那里"), before[i], PeerName(p.Peer)))
		}
		if back != nil {
			c.run.console.prompt(c.promptText(), "")
		}
	}
}
