package decode

import (
	"context"
	"fmt"
	"math"
	stdhttp "net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	fxcbor "github.com/fxamacker/cbor/v2"
	wiredns "github.com/miekg/dns"
	vmsgpack "github.com/vmihailenco/msgpack/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The talks of this file are made with libraries that are not Sockeye's.

// dnsTalks are a query and an answer with records of the kinds that people meet, over UDP.
func dnsTalks(t *testing.T) []talk {
	query := new(wiredns.Msg)
	query.SetQuestion("board.example.", wiredns.TypeANY)
	query.SetEdns0(1232, true)
	answer := new(wiredns.Msg).SetReply(query)
	answer.Authoritative, answer.RecursionAvailable, answer.Compress = true, true, true
	for _, text := range []string{
		"board.example. 300 IN A 192.0.2.7", "board.example. 300 IN AAAA 2001:db8::7", "board.example. 60 IN MX 10 mail.board.example.", "board.example. 60 IN TXT \"v=spf1\" \"-all\"",
		"www.board.example. 120 IN CNAME board.example.", "board.example. 120 IN CAA 0 issue \"ca.example\"",
	} {
		answer.Answer = append(answer.Answer, record(t, text))
	}
	answer.Ns = []wiredns.RR{record(t, "board.example. 3600 IN SOA ns.board.example. host.board.example. 7 3600 600 86400 60"), record(t, "board.example. 3600 IN NS ns.board.example.")}
	missing := new(wiredns.Msg)
	missing.SetQuestion("7.2.0.192.in-addr.arpa.", wiredns.TypePTR)
	refused := new(wiredns.Msg).SetRcode(missing, wiredns.RcodeNameError)
	k := talk{name: "datagrams", protocol: "dns"}
	for n, m := range []*wiredns.Msg{query, answer, missing, refused} {
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		k.said = append(k.said, said{n%2 == 1, b})
	}
	return []talk{k}
}

func record(t *testing.T, text string) wiredns.RR {
	rr, err := wiredns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// websocketTalks are between a client and a server of coder/websocket.
func websocketTalks(t *testing.T) []talk {
	server := httptest.NewServer(stdhttp.HandlerFunc(func(w stdhttp.ResponseWriter, r *stdhttp.Request) {
		c, err := coder.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			c.Write(r.Context(), kind, b)
		}
	}))
	defer server.Close()
	p := newTap(t, "websocket", server.Listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), foreignLimit)
	defer cancel()
	c, _, err := coder.Dial(ctx, "ws://"+p.address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		kind coder.MessageType
		text string
	}{{coder.MessageText, "hello"}, {coder.MessageText, `{"temp": 21}`}, {coder.MessageBinary, "\x00\x01\xff"}, {coder.MessageText, strings.Repeat("long ", 60)}} {
		if err := c.Write(ctx, m.kind, []byte(m.text)); err != nil {
			t.Fatal(err)
		}
		if _, b, err := c.Read(ctx); err != nil || string(b) != m.text {
			t.Fatal(err)
		}
	}
	if err := c.Close(coder.StatusGoingAway, "bye"); err != nil {
		t.Fatal(err)
	}
	talks := p.heard(t)
	talks[0].said = slices.DeleteFunc(talks[0].said, func(s said) bool { return looksLikeHTTP(s.bytes) })
	return talks
}

// encoded are talks of one value each.
func encoded(t *testing.T, protocol string, encode func(any) ([]byte, error), values ...any) (talks []talk) {
	for _, value := range values {
		b, err := encode(value)
		if err != nil {
			t.Fatal(err)
		}
		talks = append(talks, talk{name: fmt.Sprint(value), protocol: protocol, said: []said{{false, b}}})
	}
	return talks
}

// scalars are values on both sides of where their encodings become longer.
var scalars = []any{0, 23, 24, 127, 128, 255, 256, 65535, 65536, uint32(math.MaxUint32), uint64(math.MaxInt64), -1, -24, -25, -129, -32769, math.MinInt32, int64(math.MinInt64),
	"", "a", strings.Repeat("x", 30), strings.Repeat("y", 300), 1.5, -0.25, 1e300, float32(0.1), true, false}

func cborTalks(t *testing.T) []talk {
	mode, err := fxcbor.EncOptions{Time: fxcbor.TimeRFC3339, TimeTag: fxcbor.EncTagRequired, ShortestFloat: fxcbor.ShortestFloat16}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	return encoded(t, "cbor", mode.Marshal, append(scalars, "温度", nil, []any{0, "a", 1.5, true, nil}, []byte{0, 1, 0xff}, time.Date(2026, 1, 31, 15, 4, 5, 0, time.UTC), fxcbor.Tag{Number: 32, Content: "coap://board"},
		[]any{1, []any{2, []any{3}}}, map[string]any{"list": []any{1.5}, "map": map[string]any{"k": "v"}})...)
}

func msgpackTalks(t *testing.T) []talk {
	return encoded(t, "msgpack", vmsgpack.Marshal, scalars...)
}

// jsonTalks are what the encoder of Python writes, on one line and on several.
func jsonTalks(t *testing.T) (talks []talk) {
	const program = `import json,sys
for v in [{"a": 1, "b": [True, None, -1.5e10, "x", False], "c": {"d": {}, "e": []}}, [[1, 2], [3]], {"温度": "21 \u00b0C", "quote": "\"\\\n"}]:
    for indent in (None, 2):
        sys.stdout.write(json.dumps(v, indent=indent) + "\0")
`
	out := run(t, "python3", "-c", program)
	for text := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		talks = append(talks, talk{name: text, protocol: "json", said: []said{{false, []byte(text)}}})
	}
	return talks
}

// protobufTalks are values of the types that the library of Protocol Buffers brings along.
func protobufTalks(t *testing.T) []talk {
	encode := func(m any) ([]byte, error) { return proto.Marshal(m.(proto.Message)) }
	return encoded(t, "protobuf", encode, wrapperspb.UInt64(150), wrapperspb.UInt32(math.MaxUint32), wrapperspb.Int64(-1), wrapperspb.Bool(true), wrapperspb.String("testing"), wrapperspb.Bytes([]byte{0, 1, 0xff}),
		wrapperspb.Float(1.5), wrapperspb.Double(-0.25), &durationpb.Duration{Seconds: 3, Nanos: 500})
}
