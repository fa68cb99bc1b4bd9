package api

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// A request's options are read by today's names and those of before, half-open also as
// true, and a session says what it was opened with.
func TestOptionsOfARequest(t *testing.T) {
	v := serve(t)
	for text, want := range map[string]sockeye.Options{
		`{"receive_buffer":4096,"no_delay":false,"idle_timeout_ms":1500}`: {ReceiveBuffer: 4096, NoDelay: sockeye.Off, IdleTimeout: 1500 * time.Millisecond},
		`{"recv_buffer":4096,"fin_idle_ms":2000}`:                         {ReceiveBuffer: 4096, HalfOpen: 2 * time.Second},
		`{"half_open_ms":true}`:                                           {HalfOpen: sockeye.HalfOpenTime},
		`{"half_open":true}`:                                              {HalfOpen: sockeye.HalfOpenTime},
		`{"half_open":false}`:                                             {},
	} {
		status, body := v.do(v.request("POST", "/api/v1/sessions", `{"mode":"listen","address":"127.0.0.1:0","options":`+text+`}`))
		if status != 201 {
			t.Errorf("%s: %d %s", text, status, body)
			continue
		}
		all := ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions
		if diff := cmp.Diff(want, all[len(all)-1].Options.Options); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// Options may stand in the address; what is wrong with them is wrong with the address.
func TestOptionsInTheAddress(t *testing.T) {
	v := serve(t)
	status, body := v.do(v.request("POST", "/api/v1/sessions", `{"mode":"listen","address":"127.0.0.1:0?receive_buffer=4096&half-open=2s"}`))
	if status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	s := ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions[0]
	if diff := cmp.Diff(sockeye.Options{ReceiveBuffer: 4096, HalfOpen: 2 * time.Second}, s.Options.Options); diff != "" || strings.Contains(s.Address, "?") {
		t.Errorf("%s %s", s.Address, diff)
	}
	f := v.failing(400, "POST", "/api/v1/sessions", `{"mode":"listen","address":":0?backlog=x&nothing=1&receive_buffer=5","options":{"receive_buffer":6}}`)
	targets := []string{f.Target}
	for _, also := range f.Also {
		targets = append(targets, also.Target)
	}
	if got := strings.Join(targets, " "); got != "address address address" {
		t.Errorf("faults of %s", got)
	}
}

// Faults of options come with all others, and are named as the request spells them.
func TestFaultsOfOptions(t *testing.T) {
	v := serve(t)
	for body, want := range map[string]string{
		`{"mode":"listen","address":":x","echo":"yes","options":{"recv_buffer":-1,"idle_timeout_ms":"soon","backlog":1.5,"no_delay":"on"},"allow":["x"]}`: "address allow[0] echo options.backlog options.idle_timeout_ms options.no_delay options.recv_buffer",
		`{"mode":"listen","address":"udp://:0","options":{"no_delay":false,"backlog":5,"reconnect":true}}`:                                                "options.backlog options.no_delay options.reconnect",
		`{"mode":"connect","address":"localhost:1","options":{"sources":["x"],"source":["::1"],"keepalive_count":300}}`:                                   "options.keepalive_count options.sources",
		`{"mode":"listen","address":"unix://@zz","options":{"mode":666,"backlog":99999999}}`:                                                              "options.backlog options.mode",
		`{"mode":"connect","address":"unix:///x","options":{"mode":"666","tll":1}}`:                                                                       "options.mode options.tll",
		`{"mode":"listen","address":"udp://239.1.2.3:7000","options":{"interface":"nope"}}`:                                                               "options.interface", // found when it is opened
		`{"mode":"listen","address":":0","rules":{"rules":[{"match":"any","delay":5},{"match":"x:"}],"frame":"x"},"options":{"max_peers":-1}}`:            "options.max_peers rules.frame rules.rules[0].delay rules.rules[1].match",
	} {
		f := v.failing(400, "POST", "/api/v1/sessions", body)
		if strings.Contains(f.Hint, "--") {
			t.Errorf("%s: the hint speaks of flags: %s", body, f.Hint)
		}
		targets := []string{f.Target}
		for _, also := range f.Also {
			targets = append(targets, also.Target)
		}
		slices.Sort(targets)
		if got := strings.Join(targets, " "); got != want {
			t.Errorf("%s:\n%s, want\n%s", body, got, want)
		}
	}
}

// A made-up option is described because it is in a table.
func TestNewOptionIsDescribed(t *testing.T) {
	made := sockeye.AllOptions[0]
	made.Name = "made-up"
	properties := object{}
	describeOptions(append(slices.Clone(sockeye.AllOptions), made), sockeye.JSONForm, properties)
	schema, _ := properties["made_up_ms"].(object)
	if schema["type"] != "number" || schema["x-unit"] != "ms" || !strings.Contains(schema["description"].(string), made.Help.En) {
		t.Errorf("%v", schema)
	}
}
