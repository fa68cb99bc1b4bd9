package sockeye

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// example is a value of an option that is not its default, as JSON and files decode it.
func example(d *Option, form OptionForm) any {
	switch d.Kind {
	case OptionSwitch:
		return !d.IsOnByDefault()
	case OptionTime:
		if form == JSONForm {
			return 1500.0
		}
		return "1.5s"
	case OptionChoice:
		v := d.WordValues()[len(d.Words)-1]
		if n, ok := v.(int); ok {
			return int64(n)
		}
		return v
	case OptionInterface, OptionText, OptionFile:
		return "eth0"
	case OptionAddresses:
		return []any{"10.0.0.1", "::1"}
	case OptionLines:
		return []any{"Host: a, b", "X-Key: 1"}
	case OptionPrefixes:
		return []any{"10.0.0.0/8", "10.0.0.1"}
	}
	return int64(17)
}

// Every field of Options is declared once, and every declaration is whole: with a name of
// its own, words in both languages, and a value that is read and written as the same.
func TestEveryOptionIsDeclared(t *testing.T) {
	fields := map[string]bool{}
	names := map[string]bool{}
	for i := range AllOptions {
		d := &AllOptions[i]
		for _, name := range append(append([]string{d.Name}, d.Aliases...), d.FlagAliases...) {
			if names[name] {
				t.Errorf("two options are named %s", name)
			}
			names[name] = true
		}
		for _, text := range []Text{d.Label, d.Help, d.Topic} {
			if text.En == "" || text.Zh == "" {
				t.Errorf("%s is not explained in both languages: %v", d.Name, text)
			}
		}
		for _, form := range []OptionForm{FileForm, JSONForm} {
			set := AllOptions.Read(map[string]any{d.Key(form): example(d, form)}, form)
			if len(set.Faults)+len(set.Unknown) > 0 {
				t.Errorf("%s: %v %v", d.Key(form), set.Faults, set.Unknown)
			}
			values := AllOptions.Values(&set.Options, form)
			want := fmt.Sprint([]OptionValue{{d.Key(form), example(d, form)}})
			if got := fmt.Sprint(values); got != want {
				t.Errorf("%s is %s, want %s", d.Name, got, want)
			}
			for _, f := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
				if !reflect.ValueOf(set.Options).FieldByIndex(f.Index).IsZero() {
					fields[f.Name] = true
				}
			}
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		if !fields[f.Name] {
			t.Errorf("no declaration sets Options.%s", f.Name)
		}
	}
}

// The names of before are read, in the words of the place, and what is wrong is told in
// the spelling that was used.
func TestOptionsAreReadByNamesOfBefore(t *testing.T) {
	for _, c := range []struct {
		form OptionForm
		text string
		want Options
	}{
		{FileForm, `{"recv-buffer": 4096, "no-delay": false, "fin-idle": "2m"}`, Options{ReceiveBuffer: 4096, NoDelay: Off, HalfOpen: 2 * time.Minute}},
		{FileForm, `{"recv_buffer": "64KiB", "idle_timeout": 90}`, Options{ReceiveBuffer: 64 << 10, IdleTimeout: 90 * time.Second}},
		{FileForm, `{"half_open": true}`, Options{HalfOpen: HalfOpenTime}},
		{FileForm, `{"half_open": false, "fin_idle": null}`, Options{}},
		{FileForm, `{"fin-idle": "-1ns"}`, Options{}},
		{JSONForm, `{"recv_buffer": 4096, "fin_idle_ms": 1500, "Max_Peers": 3}`, Options{ReceiveBuffer: 4096, HalfOpen: 1500 * time.Millisecond, MaxPeers: 3}},
		{JSONForm, `{"half_open_ms": true}`, Options{HalfOpen: HalfOpenTime}},
		{JSONForm, `{"half_open": true, "idle_timeout": "1m30s"}`, Options{HalfOpen: HalfOpenTime, IdleTimeout: 90 * time.Second}},
		{JSONForm, `{"half_open_ms": false}`, Options{}},
		{FileForm, `{"mode": "660", "data_bits": "7", "prefer": "6"}`, Options{SocketMode: 660, Serial: SerialOptions{DataBits: 7}, Prefer: 6}},
		{JSONForm, `{"mode": "666", "stop_bits": 1.5}`, Options{SocketMode: 666, Serial: SerialOptions{StopBits: OneHalfStopBits}}},
	} {
		var values map[string]any
		d := json.NewDecoder(strings.NewReader(c.text))
		d.UseNumber()
		if err := d.Decode(&values); err != nil {
			t.Fatal(err)
		}
		set := AllOptions.Read(values, c.form)
		if diff := cmp.Diff(c.want, set.Options); diff != "" || len(set.Faults)+len(set.Unknown) > 0 {
			t.Errorf("%s: %s %v %v", c.text, diff, set.Faults, set.Unknown)
		}
	}
	set := AllOptions.Read(map[string]any{"recv-buffer": int64(2), "receive_buffer": int64(1), "keepalive-idle": "soon", "source": []any{"::1", "x", 5}, "bcklog": 1}, FileForm)
	var targets []string
	for _, err := range set.Faults {
		targets = append(targets, ErrorOf(err).Target)
	}
	if diff := cmp.Diff([]string{"keepalive-idle", "recv-buffer", "source[1]", "source[2]"}, sorted(targets)); diff != "" {
		t.Error(diff)
	}
	if set.KeyOf("keepalive-idle", FileForm) != "keepalive-idle" || set.KeyOf("keepalive-count", FileForm) != "keepalive_count" || !slices.Contains(set.Unknown, "bcklog") {
		t.Errorf("%+v", set)
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// Defaults are those of the endpoint, and an option of another kind of endpoint is
// refused unless it says nothing but its default.
func TestOptionsOfOtherEndpoints(t *testing.T) {
	udp := Endpoint{Mode: Listen, Address: Address{Network: UDP6}}
	if o := udp.Effective(); o.ReceiveBuffer != 4<<20 || o.IdleTimeout != 5*time.Minute || o.MaxPeers != 8192 || o.OverCap != RefuseOverCap || o.NoDelay != Default {
		t.Errorf("%+v", o)
	}
	tcp := Endpoint{Mode: Connect, Address: Address{Host: "h", Port: 1}}
	if o := tcp.Effective(); o.ReceiveBuffer != 0 || o.IdleTimeout != 0 || o.ConnectTimeout != 10*time.Second || o.ReadSize != 64<<10 || o.KeepAliveCount != 3 {
		t.Errorf("%+v", o)
	}
	for _, c := range []struct {
		ep      Endpoint
		options Options
		want    string
	}{
		{udp, Options{NoDelay: On, KeepAlive: On, Reconnect: false, SelfConnect: Off, OverCap: RefuseOverCap}, ""},
		{udp, Options{NoDelay: Off}, "set no-delay: is an option of TCP, WebSocket, TLS, WSS, MQTT and MQTTS; this endpoint is UDP"},
		{udp, Options{HalfOpen: time.Second}, "set half-open: is an option of TCP, UNIX, UNIXPACKET, WebSocket, TLS and WSS; this endpoint is UDP"},
		{tcp, Options{KernelTime: On}, "set kernel-time: is an option of UDP; this endpoint is TCP"},
		{tcp, Options{Backlog: 3}, "set backlog: is an option of endpoints that listen; this one connects"},
		{udp, Options{Reconnect: true}, "set reconnect: is an option of endpoints that connect; this one listens"},
		{tcp, Options{KeepAliveCount: 200, IdleTimeout: -1, ConnectTimeout: 2 * MaxOptionTime, Prefer: 5},
			"set idle-timeout: -1ns is negative\nset connect-timeout: 17520h0m0s is longer than a year\nset keepalive-count: 200 is not between 0 and 127\nset prefer: 5 is neither 4 nor 6"},
		{tcp, Options{UserTimeout: -1}, ""},
		{tcp, Options{TTL: 256, DSCP: 64, Mark: -1}, "set ttl: 256 is not between 0 and 255\nset dscp: 64 is not between 0 and 63\nset mark: -1 is not between 0 and 2147483647"},
	} {
		c.ep.Options = c.options
		got := ""
		if err := c.ep.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.ep, got, c.want)
		}
	}
	udp.Options = Options{NoDelay: Off, ReadSize: 5}
	if rest, misplaced := udp.WithoutMisplaced(); len(misplaced) != 1 || !cmp.Equal(rest.Options, Options{ReadSize: 5}, cmpopts.EquateEmpty()) {
		t.Errorf("%+v %v", rest, misplaced)
	}
}

// What a driver would refuse of options is told before anything is opened, with the rest.
func TestValidateSaysWhatDriversWould(t *testing.T) {
	for _, c := range []struct {
		mode    Mode
		address string
		options Options
		want    string
	}{
		{Listen, "unix://@x", Options{SocketMode: 660, Backlog: 99999999}, "set mode: a name without a file has no permission bits\nset backlog: 99999999 is not between 0 and 65536"},
		{Listen, "unixgram://@x", Options{SocketMode: 600}, "set mode: a name without a file has no permission bits"},
		{Listen, "unix:///run/x@y.sock", Options{SocketMode: 660}, ""},
		{Connect, "unix://@x", Options{}, ""},
		{Connect, "udp://[ff02::1]:5", Options{Prefer: 5}, "set interface: ff02::1 is a group of one network: say on which interface\nset prefer: 5 is neither 4 nor 6"},
		{Connect, "udp://[ff01::1]:5", Options{}, "set interface: ff01::1 is a group of one network: say on which interface"},
		{Connect, "udp://[ff02::1%lo]:5", Options{}, ""},
		{Connect, "udp://[ff02::1]:5", Options{Interface: "lo"}, ""},
		{Connect, "udp://[ff05::1]:5", Options{}, ""},
		{Listen, "udp://[ff02::1]:5", Options{}, ""},
		{Connect, "127.0.0.1:1", Options{Sources: []netip.Addr{netip.MustParseAddr("::1")}}, "set source: ::1 is not an IPv4 address"},
		{Connect, "[::1]:1", Options{Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, "set source: 127.0.0.1 is not an IPv6 address"},
		{Connect, "localhost:1", Options{Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}}, ""},
	} {
		a, err := ParseAddress(c.address)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := (Endpoint{Mode: c.mode, Address: a, Options: c.options}).Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %s: %s, want %s", c.mode, c.address, got, c.want)
		}
	}
}

// Options are judged without an address, too: then no scheme and no mode misplaces them.
func TestOptionsByThemselves(t *testing.T) {
	o := Options{Backlog: -1, Reconnect: true, TLS: TLSOptions{Key: "k"}, CloseCode: 1005}
	want := "set key: is the key of no certificate\nset close-code: 1005 is no code that may be sent\nset backlog: -1 is not between 0 and 65536"
	if err := o.Check(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := new(Options).Check(); err != nil {
		t.Error(err)
	}
}

// A flag's text is read as people type it.
func TestOptionsAreReadFromText(t *testing.T) {
	for text, want := range map[string]Options{
		"receive-buffer=4MiB": {ReceiveBuffer: 4 << 20}, "recv-buffer=10": {ReceiveBuffer: 10}, "no-delay=off": {NoDelay: Off}, "no-delay=true": {NoDelay: On},
		"half-open=on": {HalfOpen: HalfOpenTime}, "half-open=1": {HalfOpen: time.Second}, "half-open=off": {}, "idle-timeout=1m30s": {IdleTimeout: 90 * time.Second},
		"wait=0.5": {ConnectTimeout: time.Second / 2}, "over-cap=pause": {OverCap: PauseOverCap}, "prefer=6": {Prefer: 6}, "source-port=9": {SourcePort: 9}, "max-conns=3": {MaxPeers: 3},
		"dscp=46": {DSCP: 46}, "mark=51820": {Mark: 51820}, "hops=3": {TTL: 3},
	} {
		name, value, _ := strings.Cut(text, "=")
		d, _ := AllOptions.Lookup(name, FlagForm)
		var o Options
		if err := d.SetText(&o, value); err != nil || !cmp.Equal(o, want) {
			t.Errorf("%s: %+v, %v", text, o, err)
		}
	}
	for text, want := range map[string]string{
		"idle-timeout=soon": `"soon" is not a time`, "backlog=64KiB": `"64KiB" is not a whole number`, "no-delay=perhaps": `"perhaps" is not on or off`,
		"source=::1,x": `"x" is not an IP address`, "allow-peers=x": `"x" is neither an IP address nor a range of them`, "source-port=70000": "70000 is not a port",
		"receive-buffer=99999999999999999999": `"99999999999999999999" is not a number of bytes`,
	} {
		name, value, _ := strings.Cut(text, "=")
		d, _ := AllOptions.Lookup(name, FlagForm)
		if err := d.SetText(new(Options), value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A size is written alike for an option, a flag of recordings and in a file.
func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"4096": 4096, "64KiB": 65536, "64k": 65536, " 64 kib": 65536, "1.5MiB": 1572864, "10kb": 10000, "0": 0} {
		if n, err := ParseSize(s); n != want || err != nil {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "-1", "64 bits", "1e3", "k", "9999999999999g"} {
		if n, err := ParseSize(s); err == nil || ErrorOf(err).Hint.Zh == "" {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	}
	var o Options
	d, _ := AllOptions.Lookup("receive-buffer", FlagForm)
	if err := d.SetText(&o, "64k"); err != nil || o.ReceiveBuffer != 65536 {
		t.Errorf("%d, %v", o.ReceiveBuffer, err)
	}
}
