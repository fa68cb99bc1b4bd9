package api

import (
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/query"
)

// pairQueryWords are the query parameters of pairs besides those of frames.
var pairQueryWords = []string{"session", "peer", "requests", "timeout_ms", "id_field", "sequence", "sequence_bits"}

// pairsQuery is what the query asks for, with everything that is wrong with it.
func (c *requestContext) pairsQuery() (q query.PairQuery, wrong fieldFaults) {
	if cut := c.frames(&wrong); cut != nil {
		q.Cut = *cut
	} else if len(wrong) == 0 {
		wrong.note(invalid("frame", sockeye.Text{En: "how messages are found is missing", Zh: "缺少找到消息的方式"}, sockeye.Text{En: "write decode=auto, frame=line, or fields=keys", Zh: "写 decode=auto、frame=line 或 fields=keys"}))
	}
	q.Session, q.Peer, q.Field, q.Sequence = c.q.Get("session"), c.q.Get("peer"), c.q.Get("id_field"), c.q.Get("sequence")
	switch word := c.q.Get("requests"); word {
	case "":
	case sockeye.Received.String():
		q.Requests = sockeye.Received
	case sockeye.Sent.String():
		q.Requests = sockeye.Sent
	default:
		wrong.note(invalid("requests", sockeye.Text{En: fmt.Sprintf("%q is neither received nor sent", word), Zh: fmt.Sprintf("%q 不是 received 或 sent", word)}, sockeye.Text{}))
	}
	q.Timeout = time.Duration(min(c.number("timeout_ms", &wrong), uint64(24*time.Hour/time.Millisecond))) * time.Millisecond
	bits := c.number("sequence_bits", &wrong)
	if bits != 0 && (bits < 8 || bits > 64) {
		wrong.note(invalid("sequence_bits", sockeye.Text{En: "not from 8 to 64", Zh: "不在 8 到 64 之间"}, sockeye.Text{}))
	}
	q.Bits = int(bits)
	if (q.Field != "" || q.Sequence != "") && c.q.Get("fields") == "" {
		wrong.note(invalid("fields", sockeye.Text{En: "which values messages have is missing", Zh: "缺少字段格式"}, sockeye.Text{En: "write fields=keys, or a spec such as u16be n, u8 kind", Zh: "写 fields=keys，或 u16be n, u8 kind 这样的格式"}))
	}
	return q, wrong
}

func (c *requestContext) pairs(None) (Pairs, error) {
	q, wrong := c.pairsQuery()
	if len(wrong) > 0 {
		return Pairs{}, wrong.join()
	}
	page, err := c.reader().Pairs(c.ctx(), q)
	if err != nil {
		return Pairs{}, err
	}
	return Pairs{All: page.All, Latency: page.Latency, Histogram: page.Histogram, Peers: page.Peers, Sequences: page.Sequences, LeftOut: page.LeftOut, From: page.From, Done: page.Done}, nil
}
