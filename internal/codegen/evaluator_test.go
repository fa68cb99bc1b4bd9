package codegen

import (
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
)

// TestEvaluator holds the evaluator against text/template itself: every language, transport,
// framing and checksum, with and without hello and pin.
func TestEvaluator(t *testing.T) {
	oracle, err := template.New("").Funcs(functions(sockeye.Chinese)).ParseFS(files, "templates/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Languages() {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			compared := 0
			for _, r := range requests(t) {
				p, err := newPlan(l, r)
				if err != nil {
					continue
				}
				var want strings.Builder
				if err := oracle.ExecuteTemplate(&want, string(l)+".tmpl", p); err != nil {
					t.Fatal(err)
				}
				got, err := evaluate(string(l)+".tmpl", p, functions(sockeye.Chinese))
				if err != nil {
					t.Fatalf("%s, %s: %v", r.Address, r.Framing, err)
				}
				if got != want.String() {
					t.Fatalf("%s, %s: text/template writes otherwise (-want +got)\n%s", r.Address, r.Framing, cmp.Diff(want.String(), got))
				}
				compared++
			}
			if compared < 200 {
				t.Errorf("only %d programs were compared", compared)
			}
		})
	}
}

// requests are all ways to ask for a program.
func requests(t *testing.T) (all []Request) {
	frames := []string{"none", "line", "delim:0d0a", "fixed:6", "length:size=2", "length:head=aa55,offset=3,size=2,order=little,counts=all", "length:size=varint",
		"length:size=1,adjust=2", "between:head=7e,tail=7d", "between:head=7e,tail=7d,after=2", "stx", "slip", "cobs", "json", "idle:20ms", "modbus-rtu", "modbus-tcp"}
	checks := []string{"", "crc16modbus", "crc16xmodem", "crc12umts", "crc64xz", "sum8(1..)+1", "lrc", "ones8", "xor8(1..-1):HEX+2", "inet16", "fletcher16", "fletcher32:le", "adler32", "crc24:hex+1"}
	for _, address := range []string{"tcp://127.0.0.1:9000", "udp://[::1]:9000", "tls://board.local:8883", "ws://127.0.0.1:80/board?a=1", "wss://127.0.0.1:443/"} {
		a, err := sockeye.ParseAddress(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			spec, err := framing.Parse(f)
			if err != nil {
				t.Fatal(err)
			}
			for n, c := range checks {
				r := Request{Address: a, Framing: spec, Lang: sockeye.Chinese}
				if r.Check, err = checksum.ParseTrailer(c); err != nil && c != "" {
					t.Fatal(err)
				}
				if n%2 == 0 {
					r.Hello = []byte("\"hi\" \\ \x00?\xff\r\n好")
				}
				if n%3 == 0 && a.Network.Traits().TLS {
					r.Pin = "sha256//" + strings.Repeat("A", 43) + "="
				}
				all = append(all, r)
			}
		}
	}
	return all
}

// TestEvaluatorErrors: data without what a template asks for, and a template that is not
// there, are errors, and nothing is written.
func TestEvaluatorErrors(t *testing.T) {
	for _, c := range []struct {
		template string
		data     any
		want     string
	}{
		{"missing.tmpl", &plan{}, "no template"},
		{"c.tmpl", 42, "no field Address"},
		{"c.tmpl", struct{ Address, Frame string }{}, "no field Spec"},
	} {
		text, err := evaluate(c.template, c.data, functions(sockeye.English))
		if text != "" || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %v: %q, %v", c.template, c.data, text, err)
		}
	}
}
