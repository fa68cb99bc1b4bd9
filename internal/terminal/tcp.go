package terminal

import (
	"fmt"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/payload"
)

// These bound the samples of /tcp, which are taken only while a person waits for them.
const (
	tcpSamples     = 20
	tcpSamplePause = 250 * time.Millisecond

	samplesPerSecond = int(time.Second / tcpSamplePause)
)

// showTCP carries out /tcp: it samples a peer's TCP_INFO for five seconds, then shows the numbers,
// what they mean, and how they changed. The person can type meanwhile.
func (c *repl) showTCP(words string) error {
	if words == "" {
		words = core.All
	}
	peers, err := c.find(words)
	if err != nil {
		return err
	}
	for _, p := range peers {
		if p.Status().TCP == nil {
			return &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: PeerName(p.Peer),
				Message: sockeye.Text{En: "the system tells nothing of TCP here", Zh: "系统没有提供 TCP 信息"},
				Hint:    sockeye.Text{En: "Linux does for TCP connections", Zh: "Linux 对 TCP 连接提供这些信息"}}
		}
		go func() {
			if text := c.term.tcpText(PeerName(p.Peer), c.sampleTCP(p)); text != "" {
				c.run.console.print(text)
			}
		}()
	}
	return nil
}

// sampleTCP samples a peer's status for that time; the last sample is the newest. It ends early if
// the peer leaves or the program ends.
func (c *repl) sampleTCP(p *core.Peer) (list []sockeye.PeerStatus) {
	tick := time.NewTicker(tcpSamplePause)
	defer tick.Stop()
	for n := range tcpSamples {
		st := p.Status()
		if st.TCP == nil || st.State == sockeye.Gone {
			return list
		}
		if n%samplesPerSecond == 0 {
			p.SampleTCP() // once a second, as the page does
		}
		list = append(list, st)
		select {
		case <-tick.C:
		case <-c.run.sending.Done():
			return list
		}
	}
	return list
}

// tcpText returns the newest sample in words, with the course of the round trip time, bytes in
// flight, queue and retransmissions.
func (a *Terminal) tcpText(name string, samples []sockeye.PeerStatus) string {
	if len(samples) == 0 {
		return ""
	}
	last := samples[len(samples)-1]
	rows := [][]string{}
	lines := map[string]func(sockeye.PeerStatus) float64{
		"round trip":   func(st sockeye.PeerStatus) float64 { return float64(st.TCP.RTT) },
		"in flight":    func(st sockeye.PeerStatus) float64 { return float64(st.TCP.InFlight) },
		"send queue":   func(st sockeye.PeerStatus) float64 { return float64(st.Unsent) },
		"sent again":   func(st sockeye.PeerStatus) float64 { return float64(st.TCP.Retransmits) },
		"their window": func(st sockeye.PeerStatus) float64 { return float64(st.TCP.SendWindow) },
	}
	for _, r := range last.TCP.Rows(last.Unsent) {
		spark := ""
		if value := lines[r.Name.En]; value != nil {
			values := make([]float64, len(samples))
			for n, st := range samples {
				values[n] = value(st)
			}
			spark = Sparkline(values)
		}
		rows = append(rows, []string{"  " + r.Name.In(a.Lang), r.Value, spark, r.Meaning.In(a.Lang)})
	}
	text := payload.SafeString(name) + "\n" + Table(rows)
	if _, limit := last.Limit(); !limit.IsZero() {
		text += "  " + limit.In(a.Lang) + "\n"
	}
	return text
}

// bars are the heights of a sparkline, the lowest first.
var bars = []rune("▁▂▃▄▅▆▇█")

// Sparkline draws values as one row of bars, from zero to the greatest.
func Sparkline(values []float64) string {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range values {
		n := 0
		if most > 0 {
			n = int(max(0, v) / most * float64(len(bars)-1))
		}
		b.WriteRune(bars[n])
	}
	return b.String()
}

// limitLines returns a line for each peer whose sending something holds back.
func (a *Terminal) limitLines(peers []sockeye.PeerStatus) string {
	var b strings.Builder
	for _, st := range peers {
		if limit, text := st.Limit(); limit == sockeye.LimitNetwork || limit == sockeye.LimitPeerWindow {
			fmt.Fprintf(&b, "#%d: %s\n", st.ID, text.In(a.Lang))
		}
	}
	return b.String()
}
