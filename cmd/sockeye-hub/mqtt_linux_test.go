package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/hub"
)

// mosquitto is one of Debian's clients; without it the test is skipped, but not in CI.
func mosquitto(t *testing.T, program, port string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs mosquitto-clients")
	}
	return exec.Command(program, append([]string{"-h", "127.0.0.1", "-p", port}, args...)...)
}

// Boards that speak MQTT need no Sockeye of their own: what mosquitto_pub says to a broker
// that publishes to a hub is in the hub with its topic, mosquitto_sub has it, and "hub
// send" answers.
func TestMQTTBoards(t *testing.T) {
	h := startHub(t)
	broker := start(t, t.TempDir(), "sockeye", "listen", "mqtt://127.0.0.1:0", "--hub", h.enrol(t, "plant/gate"), "--hub-send", "--topic", "leds/1", "--json")
	_, port, err := net.SplitHostPort(localOf(t, broker))
	if err != nil {
		t.Fatal(err)
	}
	listening := mosquitto(t, "mosquitto_sub", port, "-i", "watcher", "-t", "plant/#", "-t", "leds/#", "-C", "3", "-W", "60", "-v")
	var heard heard
	listening.Stdout = &heard
	if err := listening.Start(); err != nil {
		t.Fatal(err)
	}
	b, conn := hub.BoardID{Site: "plant", Name: "gate"}, h.connect(t)
	inHub := func(what string, is func(e *hub.BoardEvent) bool) {
		t.Helper()
		await(t, what, func() bool {
			for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
				if err == nil && is(&e) {
					return true
				}
			}
			return false
		})
	}
	inHub("the subscription", func(e *hub.BoardEvent) bool { return e.Kind == sockeye.Control })
	for version, value := range map[string]string{"mqttv311": "20.5", "mqttv5": "21.5"} {
		if out, err := mosquitto(t, "mosquitto_pub", port, "-V", version, "-q", "1", "-t", "plant/press/temperature", "-m", value).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		inHub(value, func(e *hub.BoardEvent) bool {
			return e.Kind == sockeye.Received && string(e.Data) == value && e.Detail != nil && e.Detail.Publication.Topic == "plant/press/temperature"
		})
	}
	h.ask(t, "send", "plant/gate", "on")
	if err := listening.Wait(); err != nil {
		t.Fatalf("mosquitto_sub: %v; it heard %q", err, &heard)
	}
	for _, want := range []string{"plant/press/temperature 20.5\n", "plant/press/temperature 21.5\n", "leds/1 on\n"} {
		if !strings.Contains(heard.String(), want) {
			t.Errorf("mosquitto_sub heard %q, not %q", heard.String(), want)
		}
	}
}

// localOf is where a program that prints JSON listens.
func localOf(t *testing.T, p *process) string {
	t.Helper()
	for {
		line := p.line(t)
		if _, rest, ok := strings.Cut(line, `"local":"`); ok {
			at, _, _ := strings.Cut(rest, `"`)
			return at
		}
	}
}
