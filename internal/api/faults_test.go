package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// severalFaults are requests with several faults each: the body, or the query where the
// route takes one, and the paths that the answer has to name. Every route that takes
// either has its entry.
var severalFaults = map[string][]struct{ query, body, want string }{
	"POST /login": {
		{"", `{"ticket":1,"pasword":"x","password":["x"]}`, "password pasword ticket"},
		{"?x=1", `{"x":1}`, "ticket x"},
	},
	"POST /tickets": {{"?y=1&z=1", `{"x":1}`, "x y z"}},
	"POST /sessions": {
		{"", `{"mode":"x","address":":x","options":{"backlog":-1,"max_peers":-1,"idle_timeout_ms":-5,"keepalive_count":1000,"prefer":5,"over_cap":"x","sources":["::1","x","y"]},"device":{"interval_ms":-1},"allow":["x"],"rules":{"rules":[{"match":"is:x"},{"match":"x:"},{"match":"any","reply":"{{x}}"}],"frame":"x"}}`,
			"address allow[0] device.interval_ms mode options.backlog options.idle_timeout_ms options.keepalive_count options.max_peers options.over_cap options.prefer options.sources[1] options.sources[2] rules.frame rules.rules[1].match rules.rules[2].reply"},
		{"", `{"mode":1,"adress":":0","options":{"backlog":"x","max_peers":1e400,"no_delay":1,"sources":[1],"bcklog":1},"device":[],"rules":{"rules":[{"every":"soon","cooldown":"x","nme":"x"},{"delay":5}]}}`,
			"address adress device mode options.backlog options.bcklog options.max_peers options.no_delay options.sources[0] rules.rules[0].cooldown rules.rules[0].every rules.rules[0].nme rules.rules[1].delay"},
		{"", `{"mode":"listen","address":":0","options":{"backlog":-1}}`, "options.backlog"},
		{"", `{"mode":"listen","address":":x","options":{"backlog":1,"backlog":-2},"echo":1}`, "address echo options.backlog"},
		{"", `{"mode":"connect","address":":0"}`, "address"},
		{"", `{}`, "address mode"},
		{"", `{"mode":"listen","options":{"backlog":1e3}}`, "address options.backlog"},
		{"", `{"mode":"connect","address":"ws://127.0.0.1:1","options":{"header":["a: b","x","y: z\r\nq"],"subprotocol":"a b,c,","origin":"x y","no_delay":1}}`,
			"options.header[1] options.header[2] options.no_delay options.origin options.subprotocol"},
		{"", `{"mode":"listen","address":":0","allow":["storm","x","y"],"rules":{"rules":5,"allow":["x","storm","y"]}}`, "allow[1] allow[2] rules.allow[0] rules.allow[2] rules.rules"},
		{"?q=1", `{"mode":"x","address":":x"}`, "address mode q"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"127.0.0.1:1","options":{"backlog":5,"keepalive_count":-1,"idle_timeout_ms":-1,"max_peers":"q","x":1}}}`,
			"upstream.options.backlog upstream.options.idle_timeout_ms upstream.options.keepalive_count upstream.options.max_peers upstream.options.x"},
		{"", `{"mode":"listen","address":":x","upstream":{"address":":x","options":{"no_delay":"x"}}}`, "address upstream.address upstream.options.no_delay"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"127.0.0.1:1"},"faults":{"faults":["drop","lag","drop 0%"],"frame":"x"},"echo":true}`, "faults.faults[1] faults.faults[2] faults.frame upstream"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"127.0.0.1:1"},"faults":{"faults":["duplicate","truncate 3"]}}`, "faults.faults[0] faults.faults[1]"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"foo://x:1","options":{"connect_timeout_ms":-3,"backlog":-1}}}`, "upstream.address upstream.options.backlog upstream.options.connect_timeout_ms"},
		{"", `{"mode":"listen","address":":x","faults":{"faults":["drop"]},"share":"one","routes":[]}`, "address faults routes share"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"127.0.0.1:1"},"share":"x","routes":["127.0.0.1:1 when x:","localhost:1","127.0.0.1:1 peer 1.2.3.4",5],"x":1}`, "routes[0] routes[1] routes[3] share x"},
		{"", `{"mode":"listen","address":":0","upstream":{"address":"127.0.0.1:1"},"share":"all","routes":["127.0.0.1:1 peer 1.2.3.4"]}`, "share"},
	},
	"PATCH /sessions/{id}": {
		{"?q=1", `{"options":{"no_delay":"x","nothing":1},"x":1}`, "options.no_delay options.nothing q x"},
		{"", `{"options":{"ttl":999,"cork":"x","backlog":4}}`, "options.backlog options.cork options.ttl"},
	},
	"DELETE /sessions/{id}": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"PUT /sessions/{id}/faults": {
		{"?q=1", `{"faults":["drop 0%","lag","latency 5ms"],"frame":"x","x":1}`, "faults[0] faults[1] frame q x"},
		{"", `{"faults":["rate",5],"frame":5,"for":5}`, "faults[0] faults[1] for frame"},
		{"", `{"faults":["lag"],"for":"25h"}`, "faults[0] for"},
		{"", `{}`, "faults"},
		{"", `{"frame":"x","for":"25h"}`, "faults for frame"},
	},
	"DELETE /sessions/{id}/faults": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /sessions/{id}/held/{number}": {
		{"?q=1", `{"decision":"x","data":"eA==","payload":{"kind":"text","text":"x","charset":"qq"},"x":1}`, "data decision payload.charset q x"},
		{"", `{"decision":"edit","x":1}`, "payload x"},
		{"", `{"decision":"release","data":"eA==","x":1}`, "payload x"},
	},
	"POST /sessions/{id}/peers": {
		{"?q=1", `{"address":":1","x":1}`, "address q x"},
		{"", `{"address":5,"adress":"x","x":1}`, "address adress x"},
	},
	"PUT /sessions/{id}/recipients": {{"", `{"peers":[-1,"x",1],"x":1}`, "peers[0] peers[1] x"}},
	"PATCH /sessions/{id}/peers/{peer}": {
		{"?q=1", `{"alias":"1 x","x":1}`, "alias q x"},
		{"?q=1", `{}`, "alias q"},
		{"", `{"alias":"1 x","options":{"cork":1,"corc":true}}`, "alias options.corc options.cork"},
	},
	"POST /sessions/{id}/peers/{peer}/close":  {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /sessions/{id}/peers/{peer}/abort":  {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /sessions/{id}/peers/{peer}/lines":  {{"?q=1", `{"dtr":1,"rts":"x","break_ms":1e12,"x":1}`, "break_ms dtr q rts x"}},
	"POST /sessions/{id}/peers/{peer}/sample": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /sessions/{id}/peers/{peer}/finish": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /recordings":                        {{"?q=1", `{"name":"../x","x":1}`, "name q x"}, {"", `{"name":5}`, "name"}},
	"POST /recordings/upload":                 {{"?x=1&y=1", "", "name x y"}},
	"GET /events/{seq}/data":                  {{"?x=1&y=1", "", "x y"}},
	"POST /boards/log":                        {{"?q=1", `{"boards":["a!","b"],"all":true,"since_ms":-1,"x":1}`, "boards boards[0] q since_ms x"}, {"", `{"since_ms":"x"}`, "boards since_ms"}},
	"POST /boards/send":                       {{"?q=1", `{"boards":["a!","b","c!"],"wait_ms":-1,"payload":{"kind":"hex","text":"0"}}`, "boards[0] boards[2] payload.text q wait_ms"}},
	"POST /payload": {
		{"", `{"kind":"text","text":"{{x}}","escapes":true,"charset":"qq","line_ending":"x","prefix":"{{a","suffix":"{{b","checksum":{"name":"crc99","from":-1,"order":"x"}}`,
			"charset checksum.from checksum.name checksum.order line_ending prefix suffix text"},
		{"", `{"kind":"x","txt":"a","charset":5,"line_ending":"x"}`, "charset kind line_ending txt"},
	},
	"POST /sessions/{id}/publish": {
		{"?q=1", `{"topic":"a/#","qos":3,"payload":{"kind":"text","text":"x","charset":"qq"},"x":1}`, "payload.charset q qos topic x"},
		{"", `{"topic":5,"retain":"x"}`, "payload retain topic"},
	},
	"POST /sessions/{id}/send": {
		{"", `{"payload":{"kind":"hex","text":"0g","charset":"qq","line_ending":"x"}}`, "payload.charset payload.line_ending payload.text to"},
		{"", `{"to":[1,-1,"x"],"data":"?","payload":{"kind":5}}`, "data payload.kind to[1] to[2]"},
		{"", `{"all":"x","data":"?","x":1}`, "all data x"},
		{"", `{"all":true,"data":"?","payload":{"kind":"text","text":"{{x}}","escapes":true}}`, "data payload.text"},
		{"", `{"all":true,"data":"?","row":{"text":"{{x}}"}}`, "data row.text"},
		{"", `{"all":true,"to":[1],"data":"eA==","payload":{"kind":"text","text":"x","charset":"qq"}}`, "data payload.charset to"},
		{"", `{"all":true,"row":{"text":"x","hex":"00","charset":"qq","delay":"1s..2s","repeat":-1,"checksum":"crc99","line_ending":"x"}}`, "row row.charset row.checksum row.delay row.line_ending row.repeat"},
		{"", `{"row":{"text":"{{x}}","delay":"soon","chrset":"qq"}}`, "row.chrset row.delay row.text to"},
		{"", `{"all":true,"row":{"delay":"soon","to":"3 #x kitchen :99999"}}`, "row row.delay row.to"},
		{"", `{"all":true,"row":{"delay":5,"text":6}}`, "row.delay row.text"},
		{"", `{"data":"eA==","payload":{"kind":"x"},"row":{}}`, "payload.kind row to"},
	},
	"POST /sessions/{id}/runs": {
		{"", `{"payload":{"kind":"text","text":"x","charset":"qq","line_ending":"x"},"every_ms":-1,"times":-1}`, "every_ms payload.charset payload.line_ending times to"},
		{"", `{"all":true,"list":{"times":-1,"row":[{"text":"x"},{"text":"x","charset":"klingon","repeat":-1},{},{"hex":"0","delay":"-1s"},{"payload":"nobody","delay":"soon"}]}}`,
			"list.row[1].charset list.row[1].repeat list.row[2] list.row[3].delay list.row[3].hex list.row[4].delay list.row[4].payload list.times"},
		{"", `{"all":1,"every_ms":"x","list":{"row":[{"delay":"soon"},{"repeat":"x"},5]}}`, "all every_ms list.row[0] list.row[0].delay list.row[1] list.row[1].repeat list.row[2]"},
		{"", `{"all":true,"list":{"row":[{"text":"x"}]},"data":"eA==","every_ms":1,"x":1}`, "list x"},
		{"", `{"all":true,"list":{"row":[{"delay":"soon"},{}]}}`, "list.row[0] list.row[0].delay list.row[1]"},
		{"", `{"all":true,"list":{"row":[{"text":"x","to":"#x"}]},"payload":{"kind":"x"}}`, "list list.row[0].to payload.kind"},
	},
	"PATCH /sessions/{id}/runs/{run}":  {{"?q=1", `{"paused":1,"x":1}`, "paused q x"}},
	"DELETE /sessions/{id}/runs/{run}": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /sessions/{id}/files": {
		{"?to=x,y&chunk=-1&rate=9999999999999&line_delay_ms=x&q=1", "", "chunk line_delay_ms q rate to"},
		{"?all=maybe&chunk=-1&rate=1&rate=2", "", "all chunk rate"},
		{"?chunk=x&rate=x", "", "chunk rate to"},
	},
	"POST /lists/parse": {
		{"", `{"format":"csv","text":"payload,delay,repeat,charset\n{{x,soon,x,qq"}`, "row 1: charset row 1: delay row 1: payload row 1: repeat"},
		{"", `{"format":"toml","text":"sockeye = 2\n[lists.a]\ntimes = -1\n[[lists.a.row]]\ntext = 'x'\ncharset = 'qq'","x":1}`, "line 3: lists.a: times line 6: lists.a: row 1: charset x"},
		{"", `{"format":1,"text":1,"x":1}`, "format text x"},
	},
	"POST /lists/export": {
		{"", `{"format":"x","list":{"times":-1,"row":[{"text":"x","charset":"qq"}]}}`, "format list.row[0].charset list.times"},
		{"", `{"format":"x","list":{"row":[{"text":"x","delay":5,"charset":"qq"}]}}`, "format list.row[0].charset list.row[0].delay"},
	},
	"PUT /sessions/{id}/rules": {
		{"", `{"rules":[{"match":"any","delay":"never","every":"soon"},{"match":"any","count":-1.5}],"frame":"x","of":1}`, "frame of rules[0].delay rules[0].every rules[1].count"},
		{"", `{"rules":[{"match":"any","reply":"{{x"}],"check":"x","payloads":{"a":{"text":"{{x","charset":"qq","checksum":"crc99"}}}`, "check payloads.a.charset payloads.a.checksum payloads.a.text rules[0].reply"},
	},
	"DELETE /sessions/{id}/rules": {{"?q=1", `{"x":1,"y":1}`, "q x y"}},
	"POST /rules/try": {
		{"", `{"rules":[{"match":"x:"}],"payload":{"kind":"text","text":"x","charset":"qq"},"network":"x","session":"s1","data":"eA=="}`, "data network payload payload.charset rules[0].match"},
		{"", `{"rules":[{"match":"x:","every":5}],"network":"x","x":1}`, "network payload rules[0].every rules[0].match x"},
	},
	"PUT /events/{seq}/comment": {
		{"?q=1", `{"text":5,"x":1}`, "q text x"},
		{"?q=1", `{"text":"a\nb"}`, "q text"},
	},
	"GET /comments": {{"?x=1&y=1", "", "x y"}},
	"GET /events": {
		{"?from=x&limit=9999&back=maybe&kind=x&direction=x&text=a&hex=00&frame=x&check=x&decode=x&q=1", "", "back check decode direction frame from hex kind limit q"},
		{"?from=x&limit=-1&hex=0g&check=x", "", "check from hex limit"},
		{"?limit=-1&regexp=(", "", "limit regexp"},
		{"?limit=-1&text=a&regexp=b", "", "limit regexp"},
	},
	"GET /doctor":                {{"?address=a:b:c&ask=x&listen=maybe&with=x&q=1", "", "address ask listen q with"}, {"?address=:1&session=s1&q=1", "", "q session"}, {"?with=", "", "with"}},
	"GET /explain":               {{"?q=1&r=1", "", "q r"}},
	"GET /doctor/code":           {{"?port=x&q=1", "", "port q"}, {"?port=70000&q=1", "", "port q"}},
	"POST /doctor/report":        {{"?q=1", `{"shorten":1,"diagnosis":{"text":1},"x":1}`, "diagnosis.text q shorten x"}},
	"GET /sessions/{id}/program": {{"?for=x&frame=x&check=x&hello=%5Cq&q=1", "", "check for frame hello q"}, {"?for=c&frame=json&check=crc16modbus&q=1", "", "check q"}},
	"GET /series": {
		{"?columns=5000&fields=u16&since=noon&until=x&direction=up&frame=x&check=x&text=a&q=1", "", "check columns direction fields frame q since text until"},
		{"?hex=0g", "", "fields hex"},
	},
	"GET /series/histogram": {{"?fields=u16&since=noon&columns=5&q=1", "", "columns fields q since"}},
	"GET /series/xy":        {{"?fields=u16&since=noon&q=1", "", "fields q since x y"}},
	"GET /series/triggers":  {{"?fields=keys&trigger=sideways&level=high&hold_off_ms=-1&q=1", "", "hold_off_ms level q trigger value"}},
	"GET /events/{seq}/messages": {
		{"?frame=x&check=x&decode=x&q=1", "", "check decode frame q"},
		{"?decode=x", "", "decode"},
	},
	"POST /encode": {
		{"?q=1", `{"encode":"modbus-rtu","values":{"unit":"248","count":"x","y":"1"},"x":1}`, `q values."y" values.count values.unit x`},
		{"", `{"encode":"x25","values":{"unit":5}}`, "encode values.unit"},
	},
	"POST /decode": {
		{"", `{"decode":"x","payload":{"kind":"x","text":"a","charset":"qq"},"x":1}`, "decode payload.charset payload.kind x"},
		{"", `{"decode":"x","data":"eA==","payload":{"kind":"hex","text":"0"}}`, "decode payload payload.text"},
	},
	"GET /pairs": {
		{"?frame=x&check=x&decode=x&requests=up&timeout_ms=x&sequence=n&sequence_bits=3&q=1", "", "check decode fields frame q requests sequence_bits timeout_ms"},
		{"?requests=up", "", "frame requests"},
	},
	"GET /sessions/{id}/protocols": {{"?peer=x&q=1", "", "peer q"}},
	"GET /live":                    {{"?from=x&q=1", "", "from q"}},
	"PUT /share":                   {{"?q=1", `{"on":1,"for_ms":-1,"x":1}`, "for_ms on q x"}},
	"PUT /recording":               {{"", `{"on":true,"path":"../x","sync":"x"}`, "path sync"}, {"?q=1", `{"on":1,"path":"../x","sync":"x"}`, "on path q sync"}},
	"PUT /sessions/{id}/file": {
		{"?q=1", `{"on":1,"path":"../x","peer":-1}`, "on path peer q"},
	},
	"GET /export": {{"?format=x&direction=x&from=x&to=x&hex=0&q=1", "", "direction format from hex q to"}},
	"PUT /workspace": {
		{"", `{"file":{"endpoint":[{"idle_timeout":"soon","no_delay":5},{"name":5,"x":1}],"lists":{"a":{"row":[{"delay":"x"}]}}}}`,
			"file.endpoint[0].idle_timeout file.endpoint[0].listen file.endpoint[0].name file.endpoint[0].no_delay file.endpoint[1].listen file.endpoint[1].name file.endpoint[1].x file.lists.a.row[0] file.lists.a.row[0].delay"},
		{"", `{"file":{"sockeye":2,"endpoint":[{"name":"a","listen":":0","frame":"x","max_peers":-1,"rules":"r"}],"rules":{"r":[{"match":"x:","count":-1},{"match":"any","replies":[{"text":"{{x"}]}]},"payloads":{"p":{"text":"x","charset":"qq"}},"lists":{"a":{"times":-1,"row":[{"text":"x","charset":"qq"}]}}},"text":5}`,
			"file.endpoint[0].frame file.endpoint[0].max_peers file.lists.a.row[0].charset file.lists.a.times file.payloads.p.charset file.rules.r[0].count file.rules.r[0].match file.rules.r[1].replies[0].text text"},
		{"", `{"file":{"endpoint":[{"name":"a","listen":":0","upstream":":x","share":"x","echo":true,"routes":["localhost:1"],"faults":["drop","lag"],"fault_frame":"x"},{"name":"b","connect":":1","upstream":"localhost:1"}]},"x":1}`,
			"file.endpoint[0].echo file.endpoint[0].fault_frame file.endpoint[0].faults[1] file.endpoint[0].routes[0] file.endpoint[0].share file.endpoint[0].upstream file.endpoint[1].connect file.endpoint[1].upstream x"},
		{"", `{"text":"sockeye = 2\n[payloads]\na = { hex = '0' }\n[[endpoint]]\nname = 'x'","stamp":5}`, "line 3: payloads.a: hex line 4: endpoint x: listen stamp"},
	},
	"POST /workspace/plan": {{"", `{"text":"sockeye = 2\n[payloads]\na = { hex = '0' }\n[[endpoint]]\nname = 'x'","x":1}`, "line 3: payloads.a: hex line 4: endpoint x: listen x"}},
	"POST /workspace/open": {{"?q=1", `{"stamp":1,"x":1}`, "endpoint q stamp x"}},
	"GET /proof":           {{"?nonce=x&q=1", "", "nonce q"}},
}

// Issue "Faults from the field" (5): a nested field was named without what it is in, and
// one bad duration hid all other faults. All faults of a request come together, each
// with its path, in every route.
func TestAllFaultsOfARequest(t *testing.T) {
	v, _ := withHub(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "udp://127.0.0.1:0"})
	ask[Peer](v, "POST", "/api/v1/sessions/s1/peers", Reach{Address: "127.0.0.1:9"})
	walked := map[string]bool{}
	for _, r := range v.routes {
		path := strings.TrimPrefix(r.path, "/api/v1")
		name := r.method + " " + path
		if walked[name] = true; (r.method == http.MethodGet || r.method == http.MethodHead) && r.query == nil {
			continue
		}
		if severalFaults[name] == nil {
			t.Errorf("%s takes what may be wrong, and no request with several faults is tried", name)
		}
		at := strings.NewReplacer("{id}", "s1", "{peer}", "1", "{run}", "r1", "{number}", "1", "{seq}", "3").Replace(r.path)
		for _, c := range severalFaults[name] {
			if got := v.faultsOf(r, at+c.query, c.body); got != c.want {
				t.Errorf("%s%s %s (-want +got):\n%s", name, c.query, c.body, cmp.Diff(c.want, got))
			}
		}
	}
	for name := range severalFaults {
		if !walked[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

// Issue "Faults from the field" (5): the answer to a request with very many faults is
// bounded, and says how many it does not tell.
func TestVeryManyFaultsOfARequest(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "udp://127.0.0.1:0"})
	var keys, list strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	unknown := strings.TrimSuffix(keys.String(), ",")
	list.WriteString(strings.Repeat("{},", 9_999) + "{}")
	for _, c := range []struct{ name, path, body, last string }{
		{"unknown fields", "sessions", "{" + unknown + "}", "and 49902 more"}, // with mode and address
		{"unknown options", "sessions", `{"mode":"listen","address":":0","options":{` + unknown + "}}", "and 49900 more"},
		{"twice", "sessions", `{"mode":"listen","address":":0",` + strings.Repeat(`"echo":true,`, 1000) + `"echo":true}`, "and 900 more"},
		{"rows", "sessions/s1/runs", `{"all":true,"list":{"row":[` + list.String() + "]}}", "perhaps more: after 20 faults no others are looked for"},
		{"guards", "sessions", `{"mode":"listen","address":":0","allow":["x"` + strings.Repeat(`,"x"`, 999) + "]}", "and 900 more"},
		{"peers", "sessions/s1/send", `{"data":"eA==","to":[1` + strings.Repeat(`,-1`, 999) + "]}", "and 899 more"},
	} {
		status, text := v.do(v.request("POST", "/api/v1/"+c.path, c.body))
		var f Failure
		if err := json.Unmarshal([]byte(text), &f); err != nil || status != http.StatusBadRequest || len(text) > 64<<10 || len(f.Also) == 0 {
			t.Errorf("%s: %d, %d bytes, %v", c.name, status, len(text), err)
		} else if last := f.Also[len(f.Also)-1].Message; last != c.last {
			t.Errorf("%s: the last of %d is %q, want %q", c.name, len(f.Also)+1, last, c.last)
		}
	}
}

// faultsOf sends a request that is wrong, and gives what the answer names, sorted.
func (v *served) faultsOf(r *httpRoute, path, body string) string {
	v.t.Helper()
	var sent any
	if r.method != http.MethodGet {
		sent = body
	}
	request := v.request(r.method, path, sent)
	if r.takes != "" {
		request.Header.Set("Content-Type", r.takes)
	}
	f := v.failingWith(http.StatusBadRequest, request)
	targets := []string{f.Target}
	for _, also := range f.Also {
		targets = append(targets, also.Target)
		if also.Message == "" {
			v.t.Errorf("%s says nothing", also.Target)
		}
	}
	slices.Sort(targets)
	return strings.Join(slices.Compact(targets), " ")
}
