package sockeye

import (
	"fmt"
	"strconv"
	"time"
)

// TCPInfo is what the kernel tells of one TCP connection (Linux: TCP_INFO). A zero is also
// what a kernel that does not tell it leaves.
type TCPInfo struct {
	State            string        `json:"state,omitempty"` // as in RFC 9293, "ESTABLISHED"
	RTT              time.Duration `json:"rtt_ns"`          // smoothed
	RTTVariance      time.Duration `json:"rtt_variance_ns,omitempty"`
	MinRTT           time.Duration `json:"min_rtt_ns,omitempty"`        // the lowest that was measured
	Retransmits      uint32        `json:"retransmits"`                 // segments, over the whole connection
	SegmentsSent     uint32        `json:"segments_sent,omitempty"`     // with data, those sent again included
	CongestionWindow uint32        `json:"congestion_window,omitempty"` // segments
	Unacked          uint32        `json:"unacked,omitempty"`           // segments
	SendMSS          uint32        `json:"send_mss,omitempty"`          // bytes
	PathMTU          uint32        `json:"path_mtu,omitempty"`          // bytes, as far as the kernel has found out (IP_MTU)
	SendWindow       uint32        `json:"send_window"`                 // bytes that the peer has room for: its receive window, as it last said
	ReceiveWindow    uint32        `json:"receive_window,omitempty"`    // bytes that we have room for, as the peer was last told
	InFlight         uint32        `json:"in_flight"`                   // bytes that were sent and are not acknowledged
	NotSent          uint32        `json:"not_sent,omitempty"`          // bytes that wait here to be sent
	DeliveryRate     uint64        `json:"delivery_rate,omitempty"`     // bytes per second that arrived lately
	PacingRate       uint64        `json:"pacing_rate,omitempty"`       // bytes per second that the kernel sends at most; 0: it does not pace
	Backoff          uint8         `json:"backoff,omitempty"`           // how often in a row the time to send again was doubled
	// Busy is for how long there was something to send, PeerLimited and BufferLimited for how
	// long of that the peer's window, and our send buffer, held it up.
	Busy          time.Duration `json:"busy_ns,omitempty"`
	PeerLimited   time.Duration `json:"peer_limited_ns,omitempty"`
	BufferLimited time.Duration `json:"buffer_limited_ns,omitempty"`
}

// TCPLimit says what keeps a connection from sending more: a stable word.
type TCPLimit string

// The limits.
const (
	LimitUnknown     TCPLimit = ""
	LimitApplication TCPLimit = "application" // this program sends no more
	LimitPeerWindow  TCPLimit = "peer-window" // the peer's program does not read fast enough
	LimitNetwork     TCPLimit = "network"     // the way loses, or is full
)

// reportedLoss is how many percent of the segments sent again are told as loss.
const reportedLoss = 1

// Limit is what keeps the connection from sending more, in a word and in a plain sentence.
func (st PeerStatus) Limit() (TCPLimit, Text) {
	t := st.TCP
	switch {
	case t == nil:
		return LimitUnknown, Text{}
	case st.NotReadingFor > 0:
		return LimitPeerWindow, textf("the peer does not read: its window is %d since %s", "对方没有读取：其窗口为 %d，已持续 %s", t.SendWindow, st.NotReadingFor.Round(100*time.Millisecond))
	case t.Backoff >= 2 && st.Unsent > 0:
		return LimitNetwork, textf("no acknowledgement: %d bytes were sent again %d times in a row", "没有确认：%d 字节已连续重发 %d 次", st.Unsent, t.Backoff)
	case st.Unsent > 0 && t.SendWindow > 0 && t.SendWindow < t.SendMSS:
		return LimitPeerWindow, textf("the peer reads slowly: its window has %d bytes left", "对方读取缓慢：其窗口只剩 %d 字节", t.SendWindow)
	case st.Unsent == 0: // what was counted over the whole connection holds nothing up now
		return LimitApplication, t.idleText()
	case t.lost():
		return LimitNetwork, textf("the way loses: %.1f %% of the segments so far were sent again", "途中有丢失：到目前为止 %.1f %% 的报文段被重传", t.lossPercent())
	case t.heldUp():
		return LimitPeerWindow, textf("mostly the peer's window held it up: %s of %s", "主要受对方窗口限制：%[2]s 中有 %[1]s", t.PeerLimited.Round(time.Millisecond), t.Busy.Round(time.Millisecond))
	case t.NotSent > 0 && t.Unacked >= t.CongestionWindow:
		return LimitNetwork, textf("the network sets the pace: all %d segments of the congestion window are under way", "由网络决定速度：拥塞窗口的 %d 个报文段都在途中", t.CongestionWindow)
	case st.Unsent > 0:
		return LimitUnknown, textf("%d bytes wait for their acknowledgement", "%d 字节等待确认", st.Unsent)
	}
	return LimitApplication, t.idleText()
}

// idleText says that nothing waits, and what the connection has met so far.
func (t *TCPInfo) idleText() Text {
	text := Text{"all that was sent is acknowledged: this program sets the pace", "已发送的全部得到确认：由本程序决定速度"}
	if t.lost() {
		past := textf("; so far %.1f %% of the segments were sent again", "；到目前为止 %.1f %% 的报文段被重传", t.lossPercent())
		text = Text{text.En + past.En, text.Zh + past.Zh}
	}
	return text
}

// lost says that the way has lost segments over the whole connection, lossPercent how many.
func (t *TCPInfo) lost() bool {
	return t.SegmentsSent > 0 && t.Retransmits > 1 && t.lossPercent() > reportedLoss
}

func (t *TCPInfo) lossPercent() float64 {
	return 100 * float64(t.Retransmits) / float64(max(1, t.SegmentsSent))
}

// heldUp says that the peer's window has held the connection up for most of the time that there
// was something to send.
func (t *TCPInfo) heldUp() bool { return t.Busy > time.Second && t.PeerLimited > t.Busy/2 }

// TCPRow is one of the numbers of a connection for people: its name, its value, and what it
// means.
type TCPRow struct {
	Name    Text
	Value   string
	Meaning Text
}

// Rows are the numbers that the kernel told, each with a plain sentence.
func (t *TCPInfo) Rows(unsent int) []TCPRow {
	var list []TCPRow
	add := func(told bool, name Text, value string, meaning Text) {
		if told {
			list = append(list, TCPRow{name, value, meaning})
		}
	}
	size := func(n uint32) string { return strconv.Itoa(int(n)) + " B" }
	add(t.State != "", Text{"state", "状态"}, t.State, Text{"the state of RFC 9293", "RFC 9293 的连接状态"})
	add(t.RTT > 0, Text{"round trip", "往返时间"}, t.RTT.Round(time.Microsecond).String(), Text{"from a segment to its acknowledgement, smoothed", "从发出到得到确认的时间（平滑值）"})
	add(t.MinRTT > 0, Text{"lowest round trip", "最小往返时间"}, t.MinRTT.Round(time.Microsecond).String(), Text{"what the way takes when nothing waits on it", "途中无排队时所需的时间"})
	add(true, Text{"sent again", "重传"}, strconv.Itoa(int(t.Retransmits)), Text{"segments that were lost, or believed to be", "丢失或被认为丢失的报文段数"})
	add(true, Text{"in flight", "在途"}, size(t.InFlight), Text{"sent, and not acknowledged yet", "已发送、尚未确认"})
	add(t.CongestionWindow > 0, Text{"congestion window", "拥塞窗口"}, size(t.CongestionWindow*t.SendMSS), Text{"what may be in flight for the network's sake", "网络允许的在途数据量"})
	add(t.SendWindow > 0 || unsent > 0, Text{"their window", "对方窗口"}, size(t.SendWindow), Text{"what the peer has room for: 0 says that its program does not read", "对方还能接收的数据量：0 表示其程序没有读取"})
	add(t.ReceiveWindow > 0, Text{"our window", "本方窗口"}, size(t.ReceiveWindow), Text{"what we have room for", "本方还能接收的数据量"})
	add(unsent >= 0, Text{"send queue", "发送队列"}, fmt.Sprintf("%d B", unsent), Text{"written by this program and not acknowledged", "本程序已写入、尚未得到确认"})
	add(t.DeliveryRate > 0, Text{"delivery rate", "送达速率"}, rateText(t.DeliveryRate), Text{"how fast data arrived lately", "最近的送达速度"})
	add(t.PacingRate > 0 && t.PacingRate < 1<<62, Text{"pacing", "发送节奏"}, rateText(t.PacingRate), Text{"how fast the kernel sends at most", "内核发送的最高速度"})
	return list
}

// rateText is a number of bytes a second in about three digits: "980 kB/s", "14.7 GB/s".
func rateText(n uint64) string {
	units := []string{"B/s", "kB/s", "MB/s", "GB/s"}
	v, u := float64(n), 0
	for ; v >= 999.5 && u < len(units)-1; u++ {
		v /= 1000
	}
	return fmt.Sprintf("%.3g %s", v, units[u])
}

func textf(en, zh string, args ...any) Text {
	return Text{fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)}
}
