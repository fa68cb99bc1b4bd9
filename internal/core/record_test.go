package core

import (
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
	"sockeye/internal/responder"
)

// A session is recorded from its opening to its end, and can be read back.
func TestRecordASession(t *testing.T) {
	dir := t.TempDir()
	bench := New(0)
	if err := bench.Record(recording.WriteOptions{Dir: dir, Name: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := bench.Record(recording.WriteOptions{Dir: t.TempDir()}); sockeye.ErrorOf(err) == nil {
		t.Error("recorded twice")
	}
	at, err := sockeye.ParseAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := bench.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, responder.Answer{Echo: true})
	if err != nil {
		t.Fatal(err)
	}
	at.Port = server.Locals()[0].Port()
	client, err := bench.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Connect, Address: at}, responder.Answer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := Failures(client.Sender().Send(t.Context(), client.Peers(), []byte("Hello 01Studio!"))); err != nil {
		t.Fatal(err)
	}
	view := bench.View(1)
	defer view.Close()
	for {
		e, err := view.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Received && e.Session.ID == client.ID() {
			break // the echo is back, so all of it is recorded
		}
	}
	if st := bench.RecordStatus(); st.State != journal.RecordOn || st.Events == 0 {
		t.Errorf("%+v", st)
	}
	if err := bench.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := bench.RecordStatus(); st.State != journal.RecordOff {
		t.Errorf("%+v", st)
	}

	r, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(recording.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var got []string
	err = d.Each(t.Context(), nil, func(e *sockeye.Event) error {
		got = append(got, strings.TrimSpace(e.Session.ID+" "+e.Kind.String()+" "+string(e.Data)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"s1 opened", "s1 joined", "s2 joined", "s2 sent Hello 01Studio!", "s1 received Hello 01Studio!", "s1 sent Hello 01Studio!", "s2 received Hello 01Studio!", "s1 closed", "s2 closed"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not recorded:\n%s", want, all)
		}
	}
}

// The name of a recording is made of the endpoint: network, mode and address.
func TestRecordName(t *testing.T) {
	for typed, want := range map[string]string{":10000": "tcp-listen-10000", "udp://192.168.1.8:7": "udp-listen-192.168.1.8-7"} {
		a, err := sockeye.ParseAddress(typed)
		if err != nil {
			t.Fatal(err)
		}
		if got := RecordName(sockeye.Endpoint{Mode: sockeye.Listen, Address: a}); got != want {
			t.Errorf("%s: %s", typed, got)
		}
	}
}
