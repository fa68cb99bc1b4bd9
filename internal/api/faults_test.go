package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Issue "Faults from the field" (5): a nested field was named without what it is in, and
// one bad duration hid all other faults. All faults of a request come together, each
// with its path.
func TestAllFaultsOfARequest(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "/sessions", `{"mode":"listen","address":":0","options":{"backlog":-1}}`, "options.backlog"},
		{"POST", "/sessions", `{"mode":"x","address":":x","options":{"backlog":-1,"max_peers":-1,"idle_timeout_ms":-5,"keepalive_count":1000,"prefer":5,"over_cap":"x","sources":["::1","x","y"]},"device":{"interval_ms":-1},"allow":["x"],"rules":{"rules":[{"match":"is:x"},{"match":"x:"},{"match":"any","reply":"{{x}}"}],"frame":"x"}}`,
			"address allow device.interval_ms mode options.backlog options.idle_timeout_ms options.keepalive_count options.max_peers options.over_cap options.prefer options.sources[1] options.sources[2] rules.frame rules.rules[1].match rules.rules[2].reply"},
		{"POST", "/sessions", `{"mode":1,"adress":":0","options":{"backlog":"x","max_peers":1e400,"no_delay":1,"sources":[1],"bcklog":1},"device":[],"rules":{"rules":[{"every":"soon","cooldown":"x","nme":"x"},{"delay":5}]}}`,
			"adress device mode options.backlog options.bcklog options.max_peers options.no_delay options.sources[0] rules.rules[0].cooldown rules.rules[0].every rules.rules[0].nme rules.rules[1].delay"},
		{"POST", "/sessions", `{"mode":"connect","address":":0"}`, "address"},
		{"PUT", "/sessions/s1/rules", `{"rules":[{"match":"any","delay":"never","every":"soon"},{"match":"any","count":-1.5}]}`, "rules[0].delay rules[0].every rules[1].count"},
		{"POST", "/sessions/s1/runs", `{"all":true,"list":{"row":[{"text":"x"},{"text":"x","charset":"klingon"},{},{"hex":"0"},{"payload":"nobody"}]}}`, "list.row[1] list.row[2] list.row[3] list.row[4]"},
		{"POST", "/sessions/s1/runs", `{"all":1,"every_ms":"x","list":{"row":[{"delay":"soon"},{"repeat":"x"},5]}}`, "all every_ms list.row[0].delay list.row[1].repeat list.row[2]"},
		{"POST", "/sessions/s1/send", `{"to":[1,-1,"x"],"data":"?","payload":{"kind":5}}`, "data payload.kind to[1] to[2]"},
		{"PUT", "/workspace", `{"file":{"endpoint":[{"idle_timeout":"soon","no_delay":5},{"name":5,"x":1}],"lists":{"a":{"row":[{"delay":"x"}]}}}}`,
			"file.endpoint[0].idle_timeout file.endpoint[0].no_delay file.endpoint[1].name file.endpoint[1].x file.lists.a.row[0].delay"},
	} {
		f := v.failing(400, c.method, "/api/v1"+c.path, c.body)
		targets := []string{f.Target}
		for _, also := range f.Also {
			targets = append(targets, also.Target)
			if also.Message == "" {
				t.Errorf("%s says nothing", also.Target)
			}
		}
		slices.Sort(targets)
		if diff := cmp.Diff(strings.Fields(c.want), slices.Compact(targets)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.body, diff)
		}
	}
}
