package unix_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// C42: over unixpacket:// each message is one event and one message at the peer, whatever
// its size, an empty one too; it is not taken for the end, which comes after the last one.
func TestMessagesOfPacketsStayWhole(t *testing.T) {
	a := at(t, sockeye.Unixpacket)
	s, r, err := listen(t, a, sockeye.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := transporttest.DialPlain(t, a).(*net.UnixConn)
	buf := make([]byte, 256<<10)
	var sent, echoed [][]byte
	for _, size := range []int{1, 2, 0, 1000, 65 << 10, 1, 150 << 10} {
		m := bytes.Repeat([]byte{byte(size)}, size)
		if _, _, err := c.WriteMsgUnix(m, nil, nil); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m)
		n, err := c.Read(buf)
		if err != nil && size > 0 { // package net takes an empty message for the end
			t.Fatal(err)
		}
		echoed = append(echoed, bytes.Clone(buf[:n]))
	}
	c.CloseWrite()
	if n, err := c.Read(buf); err != io.EOF {
		t.Errorf("after our end %d bytes came, %v", n, err)
	}
	r.WaitKind(t, sockeye.Left, 1)
	messages := func(kind sockeye.EventKind) (all [][]byte) {
		for _, e := range r.All(func(e sockeye.Event) bool { return e.Kind == kind }) {
			all = append(all, append([]byte{}, e.Data...))
		}
		return all
	}
	if d := cmp.Diff(sent, messages(sockeye.Received)); d != "" {
		t.Errorf("received (-want +got):\n%.2000s", d)
	}
	if d := cmp.Diff(echoed, messages(sockeye.Sent)); d != "" {
		t.Errorf("sent (-want +got):\n%.2000s", d)
	}
}

// C42: a message that no send buffer holds is refused with a next step, and the connection
// goes on; one that no buffer here holds is cut, and its length told.
func TestPacketTooLarge(t *testing.T) {
	a := at(t, sockeye.Unixpacket)
	s, r, err := listen(t, a, sockeye.Options{SendBuffer: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := transporttest.DialPlain(t, a).(*net.UnixConn)
	if err := c.SetWriteBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	const size = 300 << 10
	if _, err := c.Write(make([]byte, size)); err != nil {
		t.Fatalf("the system lets no message of %d bytes through: %v", size, err)
	}
	if e := r.WaitKind(t, sockeye.Received, 1); e.Detail == nil || e.Detail.Datagram != size || len(e.Data) != 256<<10 {
		t.Errorf("of %d bytes %d came, with %+v", size, len(e.Data), e.Detail)
	}
	_, err = s.Peers()[0].Send(t.Context(), make([]byte, 200<<10))
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.TooLarge || e.Hint.IsZero() {
		t.Errorf("a message above the send buffer: %v", err)
	}
	if _, err := s.Peers()[0].Send(t.Context(), []byte("still here")); err != nil {
		t.Error(err)
	}
}
