package rule

import (
	"bytes"
	"hash/maphash"
	"time"

	"sockeye"
)

// Allowed lifts protections: see docs/protocols.md, "Guards".
type Allowed struct {
	// Storm lets two repliers feed each other without a bound.
	Storm bool
	// Amplify lets UDP replies be more and larger than what came from an address that
	// anybody could have written into a datagram.
	Amplify bool
	// LowPorts lets UDP replies go to ports below 1024, where other servers are.
	LowPorts bool
}

// Bounds of what a guard takes for two programs that feed each other.
const (
	maxEchoes   = 20   // frames in a row that are our own reply, each soon after the one before
	maxGrowing  = 8    // frames in a row that hold our reply, each longer than the one before
	maxRepeated = 100  // answered frames in a second, of which none says anything new
	maxAnswered = 2000 // answered frames in a second, whatever they say
)

// soonAfter is how quickly one that feeds on replies answers, at the slowest.
const soonAfter = 500 * time.Millisecond

// remembered is how much of a reply, and how many frames, a guard remembers.
const (
	rememberedBytes  = 4096
	rememberedFrames = 8
)

// feedbackGuard watches one peer for a replier that feeds on our replies.
type feedbackGuard struct {
	stopped bool
	reply   []byte // the last one, without its line end
	echoes  int
	growing int
	length  int       // of the last frame that held it
	last    time.Time // frame

	second   time.Time // when the current second began
	answered int       // frames since
	repeated int       // of them, those in a row that said nothing new
	recent   [rememberedFrames]uint64
	next     int
}

var seed = maphash.MakeSeed()

// judge looks at a frame that is about to be answered. It returns why answers stop,
// once.
func (g *feedbackGuard) judge(body []byte, now time.Time, allow Allowed) *sockeye.Error {
	if g.stopped || allow.Storm {
		return nil
	}
	if now.Sub(g.second) >= time.Second {
		g.second, g.answered, g.repeated = now, 0, 0
	}
	g.answered++
	if h := maphash.Bytes(seed, body); g.knows(h) {
		g.repeated++
	} else {
		g.recent[g.next], g.repeated = h, 0
		g.next = (g.next + 1) % rememberedFrames
	}
	content := bytes.TrimRight(body, "\r\n")
	if late := now.Sub(g.last) > soonAfter; late || len(g.reply) == 0 || len(content) != len(g.reply) || !bytes.Equal(content, g.reply) {
		g.echoes = 0
	} else {
		g.echoes++
	}
	g.last = now
	if len(g.reply) > 0 && len(content) > max(len(g.reply), g.length) && bytes.Contains(content, g.reply) {
		g.growing++
	} else {
		g.growing = 0
	}
	g.length = len(content)
	switch {
	case g.growing >= maxGrowing:
		return g.stop(both("%d messages in a row held our own reply and grew: two repliers feed each other", "连续 %d 条消息包含我方应答且不断变长：双方在互相触发应答", g.growing))
	case g.echoes >= maxEchoes:
		return g.stop(both("our own reply came back %d times in a row: the peer echoes what the rule answers", "我方应答连续 %d 次被原样发回：对方在回显，而规则在应答", g.echoes))
	case g.repeated > maxRepeated:
		return g.stop(both("more than %d messages in a second said nothing new: two repliers feed each other", "一秒内超过 %d 条消息没有新内容：双方在互相触发应答", maxRepeated))
	case g.answered > maxAnswered:
		return g.stop(both("more than %d messages were answered in a second", "一秒内应答了超过 %d 条消息", maxAnswered))
	}
	return nil
}

func (g *feedbackGuard) knows(h uint64) bool {
	for _, r := range g.recent {
		if r == h {
			return true
		}
	}
	return false
}

func (g *feedbackGuard) stop(why sockeye.Text) *sockeye.Error {
	g.stopped = true
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "answer",
		Message: sockeye.Text{En: why.En + "; this peer gets no more replies from rules", Zh: why.Zh + "；规则不再应答该连接对象"},
		Hint:    both(`if that is wanted, write allow = ["storm"] beside the rules`, `如果确实需要，请在规则旁写 allow = ["storm"]`),
	}
}

// replied notes what was answered.
func (g *feedbackGuard) replied(data []byte) {
	data = bytes.TrimRight(data, "\r\n")
	if len(data) == 0 {
		return
	}
	g.reply = append(g.reply[:0], data[:min(len(data), rememberedBytes)]...)
}

// Bounds of UDP replies to an address that nothing vouches for: a datagram's source
// can be forged, and whoever is there gets the replies (RFC 4732 section 3.1;
// CVE-2024-2169 for loops).
const (
	budgetRate  = 10 // replies in a second
	budgetBurst = 20
	lowPorts    = 1024
)

// RateLimit bounds the UDP replies to one peer. It belongs to one goroutine at a time.
type RateLimit struct {
	received, sent uint64 // bytes
	tokens         float64
	filled         time.Time
	reported       bool
}

// Suspect says whether what is sent to a peer has to be bounded: a UDP peer whose
// address is a server's port, or could be forged.
func Suspect(peer *sockeye.Peer, allow Allowed) bool {
	return peer.Network.Traits().Forgeable() && (peer.Remote.Port() < lowPorts && !allow.LowPorts || !allow.Amplify && !isVerified(peer))
}

// Received counts what the peer sent.
func (b *RateLimit) Received(bytes int) { b.received += uint64(bytes) }

// Permit says whether a reply of a certain size may be sent now; trouble, if not nil,
// is why not, the first time. What it permits counts as sent.
func (b *RateLimit) Permit(peer *sockeye.Peer, size int, now time.Time, allow Allowed) (bool, *sockeye.Error) {
	if peer.Remote.Port() < lowPorts && !allow.LowPorts {
		return false, b.refuse(both("port %d is a server's: an answer to it could begin a loop", "端口 %d 属于服务器：应答可能造成循环", peer.Remote.Port()), "low-ports")
	}
	if allow.Amplify || isVerified(peer) {
		return true, nil
	}
	if b.filled.IsZero() {
		b.tokens = budgetBurst
	} else {
		b.tokens = min(budgetBurst, b.tokens+now.Sub(b.filled).Seconds()*budgetRate)
	}
	b.filled = now
	switch {
	case b.sent+uint64(size) > b.received:
		return false, b.refuse(both("a reply of %d bytes is more than this address has sent, which anybody could have forged", "%d 字节的应答超过了该地址发来的数据量，而源地址可以伪造", size), "amplify")
	case b.tokens < 1:
		return false, b.refuse(both("more than %d replies in a second to an address that anybody could have forged", "每秒应答超过 %d 次，而源地址可以伪造", budgetRate), "amplify")
	}
	b.tokens--
	b.sent += uint64(size)
	return true, nil
}

// isVerified says whether a datagram's source is known: we chose it ourselves, or it
// is this machine, from where no forged datagram gets in (RFC 1122 section 3.2.1.3).
func isVerified(peer *sockeye.Peer) bool {
	if peer.Session != nil && peer.Session.Endpoint.Mode == sockeye.Connect {
		return true
	}
	return peer.Remote.Addr().IsLoopback()
}

func (b *RateLimit) refuse(why sockeye.Text, word string) *sockeye.Error {
	if b.reported {
		return nil
	}
	b.reported = true
	return &sockeye.Error{
		Kind: sockeye.LimitReached, Op: "answer",
		Message: sockeye.Text{En: why.En + "; it was not sent, nor will others like it be", Zh: why.Zh + "；该应答及类似的应答都不会发送"},
		Hint:    both("if that is wanted: --lift-guard %s, or allow = [%q] in a workspace", "如果确实需要：--lift-guard %s，或在工作区中写 allow = [%q]", word, word),
	}
}
