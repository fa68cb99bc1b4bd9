package doctor

import (
	"testing"
	"time"

	"sockeye"
)

// What is unusual in a conversation is told, and nothing of one that is as it should be.
func TestDiagnoseSession(t *testing.T) {
	peer := func(change func(*sockeye.PeerStatus)) []sockeye.PeerStatus {
		p := sockeye.PeerStatus{Peer: &sockeye.Peer{ID: 1, Network: "tcp"}, TCP: &sockeye.TCPInfo{SendWindow: 65535, SendMSS: 1448}}
		if change != nil {
			change(&p)
		}
		return []sockeye.PeerStatus{p}
	}
	said := func(texts ...string) (list []Transfer) { // ">sent", "<received"
		for _, text := range texts {
			list = append(list, Transfer{text[0] == '<', []byte(text[1:])})
		}
		return list
	}
	const long = time.Minute
	for name, c := range map[string]struct {
		c    SessionFacts
		want string
	}{
		"not reading":        {SessionFacts{Peers: peer(func(p *sockeye.PeerStatus) { p.NotReadingFor = time.Second }), Said: said(">x\n", "<y")}, CausePeerNotReading},
		"no acknowledgement": {SessionFacts{Peers: peer(func(p *sockeye.PeerStatus) { p.Unsent, p.TCP.Backoff = 5, 3 }), Said: said("<y")}, CauseDeadPeer},
		"nobody came":        {SessionFacts{Listens: true, Age: long}, CauseNoPeer},
		"just opened":        {SessionFacts{Listens: true, Age: time.Second}, ""},
		"both wait":          {SessionFacts{Peers: peer(nil), Silence: long}, CauseBothWait},
		"no line end":        {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">AT", ">AT")}, CauseNoLineEnd},
		"text of GBK":        {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">\xc4\xe3\xba\xc3")}, CauseNoLineEnd},
		"Modbus":             {SessionFacts{Network: sockeye.TCP, Peers: peer(nil), Silence: long, Said: said(">\x01\x03\x00\x00\x00\x02\xc4\x0b")}, ""},
		"a byte of binary":   {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">\xff")}, ""},
		"ended by ETX":       {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">\x02AT\x03")}, ""},
		"a datagram":         {SessionFacts{Network: sockeye.UDP, Peers: peer(nil), Silence: long, Said: said(">AT")}, ""},
		"a message":          {SessionFacts{Network: sockeye.WebSocket, Peers: peer(nil), Silence: long, Said: said(">AT")}, ""},
		"binary as GBK":      {SessionFacts{Peers: peer(nil), Said: said("<\x01\x03\x02\xc4\xe3")}, ""},
		"a line, no answer":  {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">AT\r\n")}, ""},
		"an answer":          {SessionFacts{Peers: peer(nil), Silence: long, Said: said(">AT", "<OK")}, ""},
		"both echo":          {SessionFacts{Peers: peer(nil), Said: said(">a", "<a", ">a", "<a", ">a", "<a", ">a", "<a", ">a", "<a")}, CauseBothEcho},
		"one echoes":         {SessionFacts{Peers: peer(nil), Said: said(">a", "<a", ">b", "<b", ">c", "<c", ">d", "<d", ">e", "<e", ">f", "<f")}, ""},
		"GBK":                {SessionFacts{Peers: peer(nil), Said: said("<\xc4\xe3\xba\xc3 hello\n")}, CauseOtherCharset},
		"binary":             {SessionFacts{Peers: peer(nil), Said: said("<\x00\x01\xff\xfe")}, ""},
		"UTF-8":              {SessionFacts{Peers: peer(nil), Said: said("<你好")}, ""},
	} {
		got := ""
		for _, f := range DiagnoseSession(c.c) {
			if f.Text.En == "" || f.Text.Zh == "" || f.Verdict == Wrong && (f.Next.En == "" || f.Next.Zh == "") {
				t.Errorf("%s: %+v", name, f)
			}
			if f.Verdict == Wrong && got == "" {
				got = f.Cause
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
