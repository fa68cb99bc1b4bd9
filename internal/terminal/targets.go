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

// targets holds the words that a person chose for the peers that typed lines go to. A word for one
// connection, such as its number, means the board behind it: when the board leaves and comes back,
// the session says which peer it is now (core.Recipients.Choose).
type targets struct {
	mu  sync.Mutex
	all []targetWord
}

// targetWord is one word.
type targetWord struct {
	word  string
	id    uint64 // the peer it means, or 0
	alias bool   // the word is an alias, which the board has again when it comes back
}

func newTargets(words ...string) *targets {
	t := &targets{}
	for _, w := range words {
		t.all = append(t.all, targetWord{word: w})
	}
	return t
}

// words returns the words that select the peers now.
func (t *targets) words() (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all {
		out = append(out, one.word)
	}
	return out
}

// isAll reports whether all peers are meant.
func (t *targets) isAll() bool { return slices.Equal(t.words(), []string{core.All}) }

// choose replaces the words, and notes which peers they mean now.
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

// follow finds the chosen peers that came back as other peers. It returns these, and the numbers
// they had before.
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

// followPeers prints a line whenever a chosen peer has come back, until ctx ends.
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
