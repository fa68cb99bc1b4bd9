package sockeye

import "time"

// TCPSample is what the kernel told of a peer's connection at one moment, as the record
// keeps it while somebody looks. Its names in JSON are those of recordings.
type TCPSample struct {
	TCPInfo
	// Unsent counts bytes that were sent and not acknowledged, and -1 where the system does
	// not tell.
	Unsent int `json:"unsent"`
	// NotReadingFor is how long the peer's window has been closed while bytes wait for it.
	NotReadingFor time.Duration `json:"not_reading_ns,omitempty"`
}

// Sample is what the kernel tells of the connection; nil where it tells nothing.
func (st PeerStatus) Sample() *TCPSample {
	if st.TCP == nil {
		return nil
	}
	return &TCPSample{*st.TCP, st.Unsent, st.NotReadingFor}
}

// Limit is what keeps the connection from sending more, in a word and in a plain sentence.
func (s *TCPSample) Limit() (TCPLimit, Text) {
	return PeerStatus{TCP: &s.TCPInfo, Unsent: s.Unsent, NotReadingFor: s.NotReadingFor}.Limit()
}

// Text is the sample in one line.
func (s *TCPSample) Text() Text {
	text := textf("TCP: round trip %s, %d bytes in flight, their window %d, sent again %d", "TCP：往返 %s，在途 %d 字节，对方窗口 %d，重传 %d", s.RTT.Round(time.Microsecond), s.InFlight, s.SendWindow, s.Retransmits)
	if _, limit := s.Limit(); !limit.IsZero() {
		text = Text{text.En + "; " + limit.En, text.Zh + "；" + limit.Zh}
	}
	return text
}
