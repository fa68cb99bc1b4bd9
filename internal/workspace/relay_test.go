package workspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const relays = `sockeye = 2

[[endpoint]]
name = "gateway"
listen = "tcp://:4000"
upstream = "serial:///dev/ttyUSB0?baud=9600"
share = "one"

[[endpoint]]
name = "bad line"
listen = "tcp://127.0.0.1:10001"
upstream = "tcp://192.168.1.88:10000"
routes = ["localhost:80 when prefix:GET", "169.254.169.254:80 peer 10.0.0.0/8"]
faults = ["latency 100ms to upstream", "truncate 8 10% seed 7"]
fault_frame = "line"
`

// A relay is read with its upstream, its routes and its faults, and is written again as it
// was; the plan says all of it before anything is opened.
func TestRelaysInAFile(t *testing.T) {
	f, err := Parse([]byte(relays))
	if err != nil {
		t.Fatal(err)
	}
	openings, err := f.Openings()
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[sockeye.Lang]string{
		sockeye.English: `  listen on tcp://:4000, for whoever reaches this machine (gateway)
    pass on to serial:///dev/ttyUSB0, all by one connection to which one peer may write
  listen on tcp://127.0.0.1:10001, for programs on this machine (bad line)
    pass on to tcp://192.168.1.88:10000, each peer by a connection of its own
    other upstream: localhost:80 when prefix:GET
    other upstream: 169.254.169.254:80 peer 10.0.0.0/8
    careful: this address gives the keys of a machine in a cloud to whoever asks it from there
    with faults: latency 100ms to upstream; truncate 8 10% seed 7
`,
		sockeye.Chinese: `  监听 tcp://:4000，任何能访问本机的人都可连接 (gateway)
    转发到 serial:///dev/ttyUSB0，共用一个连接，一个对象可写
  监听 tcp://127.0.0.1:10001，仅限本机程序连接 (bad line)
    转发到 tcp://192.168.1.88:10000，每个连接对象各用一个连接
    其他上游：localhost:80 when prefix:GET
    其他上游：169.254.169.254:80 peer 10.0.0.0/8
    注意：该地址是云主机的元数据服务，会交出该主机的密钥
    注入故障：latency 100ms to upstream; truncate 8 10% seed 7
`,
	} {
		if diff := cmp.Diff(want, f.PlanText(openings, l)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if baud := openings[0].Relay.Upstream.Options.Serial.Baud; baud != 9600 {
		t.Errorf("baud %d", baud)
	}
	set := openings[1].Relay.Set()
	if got := strings.Join(set.Texts(), "; "); got != "latency 100ms to upstream; truncate 8 10% seed 7" || set.FrameText() != "line" {
		t.Errorf("%s, frames %s", got, set.FrameText())
	}
	text, err := Revise([]byte(relays), f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(relays, string(text)); diff != "" {
		t.Errorf("it is written otherwise than it was read (-want +got):\n%s", diff)
	}
}

// What is wrong with a relay is told with its line, all at once.
func TestWrongRelays(t *testing.T) {
	_, err := Parse([]byte(`sockeye = 2
[[endpoint]]
name = "a"
listen = "tcp://:1"
upstream = "tcp://:x"
share = "some"
echo = true
routes = ["localhost:1"]
faults = ["lag", "drop 0%"]
fault_frame = "idle:20ms"
[[endpoint]]
name = "b"
connect = "tcp://localhost:1"
upstream = "tcp://localhost:2"
share = "all"
faults = ["drop"]
[[endpoint]]
name = "c"
listen = "tcp://:1"
share = "one"
routes = []
faults = ["drop"]
[[endpoint]]
name = "d"
listen = "tcp://:1"
upstream = "tcp://localhost:2?reconnect"
faults = ["duplicate"]
`))
	var got []string
	for _, one := range sockeye.SplitErrors(err) {
		got = append(got, sockeye.ErrorOf(one).Target)
	}
	want := []string{
		"line 7: endpoint a: echo", "line 5: endpoint a: upstream", "line 8: endpoint a: routes[0]", "line 6: endpoint a: share",
		"line 10: endpoint a: fault_frame", "line 9: endpoint a: faults[0]", "line 9: endpoint a: faults[1]",
		"line 14: endpoint b: upstream", "line 15: endpoint b: share",
		"line 20: endpoint c: share", "line 21: endpoint c: routes", "line 22: endpoint c: faults",
		"line 26: endpoint d: upstream", "line 27: endpoint d: faults[0]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, err)
	}
}
