package offline

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// sparkWidth is how many bars a line of a log has at most.
const sparkWidth = 60

func (a *commands) logTCPCommand() *cobra.Command {
	var f filterFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tcp RECORDING",
		Short: a.t("Show what TCP did for the peers that somebody looked at", "查看当时 TCP 为连接对象做了什么"),
		Long: a.t(`Show what TCP did for peers: round trip, bytes in flight, windows, queue, segments sent
again. There are samples, one a second, for the time in which somebody looked at a peer's TCP
on the page or with /tcp.`,
			`查看 TCP 为连接对象做了什么：往返时间、在途字节、窗口、队列、重传。只有当有人在页面上
或用 /tcp 查看某个对象的 TCP 时，才会每秒记录一次样本。`),
		Example: `  sockeye log tcp board-log
  sockeye log tcp board-log --peer '#3' --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.logTCP(args, &f, asJSON)
		},
	}
	f.registerPeers(a, cmd.Flags())
	f.registerTimes(a, cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print one JSON event per line", "每个事件输出一行 JSON"))
	return cmd
}

// tcpHistory is what was kept of one peer.
type tcpHistory struct {
	peer    *sockeye.Peer
	samples []tcpSample
}

type tcpSample struct {
	at time.Time
	*sockeye.TCPSample
}

// logTCP shows the samples of a recording, peer by peer.
func (a *commands) logTCP(args []string, f *filterFlags, asJSON bool) error {
	filter, err := f.filter()
	if err != nil {
		return err
	}
	m, err := filter.Matcher()
	if err != nil {
		return err
	}
	events, err := a.readRecording(args, recording.ReadOptions{After: filter.After}, false)
	if err != nil {
		return err
	}
	defer events.Close()
	var list []*tcpHistory
	known := map[*sockeye.Peer]*tcpHistory{}
	for {
		e, err := events.Next(a.Ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if e.Kind != sockeye.Sampled || e.Peer == nil || e.Detail == nil || e.Detail.TCP == nil || !m.Wants(&e) {
			continue
		}
		if asJSON {
			if _, err := a.Out.Write(append(e.AppendJSON(nil, a.Lang), '\n')); err != nil {
				return err
			}
			continue
		}
		h := known[e.Peer]
		if h == nil {
			h = &tcpHistory{peer: e.Peer}
			known[e.Peer], list = h, append(list, h)
		}
		h.samples = append(h.samples, tcpSample{e.Time, e.Detail.TCP})
	}
	if asJSON {
		return nil
	}
	return a.printHistories(list)
}

func (a *commands) printHistories(list []*tcpHistory) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.Out, a.t("nobody looked at what TCP did while this was recorded", "记录期间没有人查看过 TCP 的状况"))
		return err
	}
	for _, h := range list {
		if _, err := fmt.Fprint(a.Out, a.historyText(h)); err != nil {
			return err
		}
	}
	return nil
}

// historyText is a peer's samples as a table, how each number went, and what limited it last.
func (a *commands) historyText(h *tcpHistory) string {
	rows := [][]string{{a.t("time", "时间"), a.t("round trip", "往返时间"), a.t("in flight", "在途"), a.t("their window", "对方窗口"), a.t("our window", "本方窗口"), a.t("send queue", "发送队列"), a.t("sent again", "重传")}}
	for _, s := range h.samples {
		rows = append(rows, []string{s.at.Local().Format("2006-01-02 15:04:05.000"), s.RTT.Round(time.Microsecond).String(), strconv.Itoa(int(s.InFlight)), strconv.Itoa(int(s.SendWindow)),
			strconv.Itoa(int(s.ReceiveWindow)), strconv.Itoa(s.Unsent), strconv.Itoa(int(s.Retransmits))})
	}
	lines := [][]string{}
	for n, value := range []func(tcpSample) float64{
		func(s tcpSample) float64 { return float64(s.RTT) },
		func(s tcpSample) float64 { return float64(s.InFlight) },
		func(s tcpSample) float64 { return float64(s.SendWindow) },
		func(s tcpSample) float64 { return float64(s.ReceiveWindow) },
		func(s tcpSample) float64 { return float64(s.Unsent) },
		func(s tcpSample) float64 { return float64(s.Retransmits) },
	} {
		lines = append(lines, []string{"  " + rows[0][n+1], terminal.Sparkline(thinned(h.samples, value))})
	}
	text := payload.SafeString(terminal.PeerName(h.peer)) + "\n" + terminal.Table(rows) + terminal.Table(lines)
	if _, limit := h.samples[len(h.samples)-1].Limit(); !limit.IsZero() {
		text += "  " + limit.In(a.Lang) + "\n"
	}
	return text
}

// thinned are the values of samples, the greatest of each part where there are more than a
// line has bars.
func thinned(samples []tcpSample, value func(tcpSample) float64) []float64 {
	out := make([]float64, min(len(samples), sparkWidth))
	for n, s := range samples {
		at := n * len(out) / len(samples)
		out[at] = max(out[at], value(s))
	}
	return out
}
