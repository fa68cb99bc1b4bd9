package hub

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nkeys"

	"sockeye"
)

// T60: a name that could be more than one token of a subject, or a wildcard, is no board's.
func TestParseBoard(t *testing.T) {
	for text, want := range map[string]BoardID{
		"desk-1":          {DefaultSite, "desk-1"},
		"plant-a/press-7": {"plant-a", "press-7"},
		"":                {}, "a/b/c": {}, "A": {}, "a.b": {}, "*": {}, ">": {}, "hub/x": {}, "a/": {}, "/a": {}, "x y": {},
		strings.Repeat("a", 41): {},
	} {
		got, err := ParseBoard(text)
		if got != want || (err == nil) != (want != BoardID{}) {
			t.Errorf("ParseBoard(%q) is %v, %v", text, got, err)
		}
	}
}

// T60: subjects lead back to the board, and nobody else's are taken for them.
func TestSubjects(t *testing.T) {
	b := BoardID{"plant", "press-7"}
	for subject, rest := range map[string]string{b.Events("s1"): "events.s1", b.Live("s2"): "live.s2", b.Status(): "status", b.SendSubject(): "send"} {
		if got, r, ok := BoardOf(subject); got != b || r != rest || !ok {
			t.Errorf("BoardOf(%q) is %v, %q, %v", subject, got, r, ok)
		}
	}
	for _, subject := range []string{"", "sockeye", "sockeye.a.b", EnrolSubject("X"), "sockeye.A.b.status", "other.a.b.status", "sockeye.a..status"} {
		if _, _, ok := BoardOf(subject); ok {
			t.Errorf("%q is taken for a board's", subject)
		}
	}
	for session, want := range map[string]string{"": "_", "s1": "s1", "a.b": "a-b", "a>*": "a--", "空": "-"} {
		if got := token(session); got != want {
			t.Errorf("token(%q) is %q, want %q", session, got, want)
		}
	}
}

func testCode(t testing.TB) Code {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return Code{URLs: "tls://10.0.0.1:4222", Pin: "sha256//x", Seed: string(seed), JWT: "eyJhIjoxfQ.eyJuYW1lIjoicGxhbnQvcHJlc3MiLCJleHAiOjE4MDAwMDAwMDB9.c2ln"}
}

// A code of enrolment is read back through blanks and line breaks, with its board and when it
// expires.
func TestCodeIsReadBack(t *testing.T) {
	c := testCode(t)
	got, err := ParseCode("  " + c.String()[:30] + "\r\n" + c.String()[30:] + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("the code read back (-want +got):\n%s", diff)
	}
	if b, err := got.Board(); b != (BoardID{"plant", "press"}) || err != nil {
		t.Errorf("its board is %v, %v", b, err)
	}
	if want := time.Unix(1_800_000_000, 0); !got.Expires().Equal(want) {
		t.Errorf("it expires %v, want %v", got.Expires(), want)
	}
}

// What is read as a code is printed as one that is read the same; nothing panics or grows.
func FuzzParseCode(f *testing.F) {
	f.Add(testCode(f).String())
	f.Add(codePrefix)
	f.Add(codePrefix + "AAAA")
	f.Fuzz(func(t *testing.T, word string) {
		c, err := ParseCode(word)
		if err != nil {
			return
		}
		again, err := ParseCode(c.String())
		if err != nil || again != c {
			t.Errorf("%+v is read back as %+v, %v", c, again, err)
		}
	})
}

func testEvents() []sockeye.Event {
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: "tcp", Port: 10000}}}
	p := &sockeye.Peer{ID: 3, Session: s, Network: "tcp", Local: sockeye.ParseSocketAddr("127.0.0.1:10000"), Remote: sockeye.ParseSocketAddr("127.0.0.1:5000")}
	at := time.Date(2026, 11, 29, 12, 0, 0, 123456789, time.UTC)
	return []sockeye.Event{
		{Seq: 7, Time: at, Kind: sockeye.Joined, Session: s, Peer: p},
		{Seq: 8, Time: at, Kind: sockeye.Received, Session: s, Peer: p, Data: []byte("a\n\x00\xff")},
		{Seq: 9, Time: at, Kind: sockeye.Gap, Session: nil, Detail: &sockeye.Detail{Lost: sockeye.Lost{Events: 5, Bytes: 9}}},
		{Seq: 14, Time: at, Kind: sockeye.Left, Session: s, Peer: p, Detail: &sockeye.Detail{Reason: sockeye.ReasonReset}},
	}
}

// Messages hold the events of one session each, numbered without holes, and give the same
// events back.
func TestBatchesKeepEveryEvent(t *testing.T) {
	d := NewMessageDecoder()
	var b eventBatch
	var got []sockeye.Event
	var spans [][2]uint64
	flush := func() {
		events, err := d.Events(b.header(), b.text)
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, [2]uint64{number(b.header(), headerFirst), number(b.header(), headerLast)})
		got = append(got, events...)
		b.reset()
	}
	want := testEvents()
	for i := range want {
		if !b.add(&want[i]) {
			flush()
			b.add(&want[i])
		}
	}
	flush()
	if diff := cmp.Diff([][2]uint64{{7, 8}, {9, 13}, {14, 14}}, spans); diff != "" {
		t.Errorf("numbers of the messages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(sockeye.Peer{}), cmpopts.EquateComparable(sockeye.SocketAddr{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got[0].Peer != got[1].Peer || got[0].Session != got[1].Session {
		t.Error("the same peer is another one in the next event")
	}
}

// A message is bounded by bytes and by events.
func TestBatchBounds(t *testing.T) {
	e := testEvents()[1]
	e.Data = make([]byte, 64<<10)
	var b eventBatch
	n := 0
	for ; b.add(&e); n++ {
	}
	if n < 2 || len(b.text) > batchBytes+2*len(e.Data) {
		t.Errorf("%d events of 64 KiB in %d bytes", n, len(b.text))
	}
	b.reset()
	e.Data = nil
	for n = 0; b.add(&e); n++ {
	}
	if n != batchEvents {
		t.Errorf("%d small events in a message, want %d", n, batchEvents)
	}
}

// What anybody puts into the stream is an error in words, or events.
func FuzzDecoder(f *testing.F) {
	var b eventBatch
	events := testEvents()
	b.add(&events[0])
	b.add(&events[1])
	f.Add("1", "listen tcp://:10000", string(b.text))
	f.Add("2", "", "{}\n")
	f.Add("1", "x", "{\"v\":1,\"kind\":\"gap\",\"lost\":{\"events\":18446744073709551615}}")
	f.Fuzz(func(t *testing.T, version, endpoint, text string) {
		events, err := NewMessageDecoder().Events(map[string][]string{headerVersion: {version}, headerEndpoint: {endpoint}}, []byte(text))
		if err == nil && version != formatVersion {
			t.Errorf("format %q is read", version)
		}
		for _, e := range events {
			e.AppendJSON(nil, sockeye.English)
		}
	})
}

// Each change is told once, and that all is well only when it is.
func TestReporter(t *testing.T) {
	var told []string
	r := reporter{tell: func(err error) {
		if err == nil {
			told = append(told, "well")
			return
		}
		told = append(told, string(sockeye.ErrorOf(err).Kind))
	}}
	refused := &sockeye.Error{Kind: sockeye.Refused}
	full := &sockeye.Error{Kind: sockeye.LimitReached}
	r.set(troubleLink, nil)
	r.set(troubleLink, refused)
	r.set(troubleLink, refused)
	r.set(troubleStream, full)
	r.set(troubleLink, nil)
	r.set(troubleStream, nil)
	r.set(troubleStream, nil)
	if diff := cmp.Diff([]string{"refused", "limit-reached", "well"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
