package device

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

// mosquitto runs Debian's broker on a free port, until stop.
func mosquitto(t *testing.T, config string) (port string, stop func()) {
	t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program = "/usr/sbin/mosquitto"; !exists(program) {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("needs mosquitto (Debian: mosquitto)")
		}
	}
	l := listen(t, "127.0.0.1:0")
	_, port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	path := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(path, []byte("listener "+port+" 127.0.0.1\n"+config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(stop)
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return port, stop
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// subscribe runs mosquitto_sub, and gives its lines: topic, a blank, and the message.
func subscribe(t *testing.T, port string, args ...string) *bufio.Scanner {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	cmd := exec.CommandContext(ctx, "mosquitto_sub", append([]string{"-h", "127.0.0.1", "-p", port, "-v"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	return bufio.NewScanner(out)
}

func message(t *testing.T, s *bufio.Scanner) (topic, text string) {
	t.Helper()
	if !s.Scan() {
		t.Fatalf("no message: %v", s.Err())
	}
	topic, text, _ = strings.Cut(s.Text(), " ")
	return topic, text
}

// Both versions, every quality of service: a real client hears the rows, in order.
func TestMQTT(t *testing.T) {
	port, _ := mosquitto(t, "allow_anonymous true\n")
	for _, version := range []int{3, 5} {
		for qos := range 3 {
			t.Run(fmt.Sprintf("%d/qos%d", version, qos), func(t *testing.T) {
				topic := fmt.Sprintf("v%d/q%d", version, qos)
				s := subscribe(t, port, "-q", "2", "-t", topic)
				p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='mqtt://127.0.0.1:%s'\nversion=%d\nqos=%d\ntopic='%s'\n", port, version, qos, topic), nil)
				var before uint64
				for range 60 {
					_, text := message(t, s)
					var line jsonLine
					if err := json.Unmarshal([]byte(text), &line); err != nil {
						t.Fatal(err)
					}
					if before != 0 && line.Seq != before+1 {
						t.Fatalf("row %d follows %d", line.Seq, before)
					}
					before = line.Seq
				}
				if s := p.end(t)[0]; s.Queue.Waiting != 0 || s.Again != 0 {
					t.Errorf("at the end: %+v", s)
				}
			})
		}
	}
}

// Home Assistant finds the sensors; a topic of each sensor has its number; retained
// messages and the will are there for who comes later; commands are answered.
func TestMQTTTopics(t *testing.T) {
	port, _ := mosquitto(t, "allow_anonymous true\n")
	for _, version := range []int{3, 5} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			base := fmt.Sprintf("t%d", version)
			p := play(t, t.TempDir(), simulated+fmt.Sprintf(`
[[target]]
address='mqtt://127.0.0.1:%[1]s'
version=%[2]d
topic='%[3]s/{name}'
home_assistant=true
commands=true
retain=true
qos=1
[[target]]
name='values'
address='mqtt://127.0.0.1:%[1]s'
version=%[2]d
topic='%[3]s/values/{sensor}'
qos=1
retain=true
[commands]
rates=true
`, port, version, base), nil)
			p.await(t, Connected)
			heard := map[string]string{}
			s := subscribe(t, port, "-t", base+"/#", "-t", "homeassistant/#")
			for heard[base+"/board/status"] == "" || heard[base+"/values/steps"] == "" || heard["homeassistant/sensor/sockeye_board_steps/config"] == "" {
				topic, text := message(t, s)
				heard[topic] = text
			}
			var config struct {
				State string `json:"state_topic"`
				Class string `json:"state_class"`
			}
			if err := json.Unmarshal([]byte(heard["homeassistant/sensor/sockeye_board_steps/config"]), &config); err != nil || config.State != base+"/board" || config.Class != "measurement" {
				t.Errorf("discovery %v: %v", config, err)
			}
			if heard[base+"/board/status"] != online {
				t.Errorf("status %q", heard[base+"/board/status"])
			}
			answers := subscribe(t, port, "-t", base+"/board/answer")
			got := make(chan string, 1)
			go func() {
				if answers.Scan() {
					got <- answers.Text()
				}
			}()
			for end := time.Now().Add(limit); ; { // it is asked again until somebody listens
				if out, err := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", base+"/board/command", "-q", "1", "-m", "rate steps 50ms").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				select {
				case line := <-got:
					if line != base+"/board/answer ok rate steps 50ms" {
						t.Errorf("answer %q", line)
					}
					return
				case <-time.After(200 * time.Millisecond):
				}
				if time.Now().After(end) {
					t.Fatal("no answer")
				}
			}
		})
	}
}

// A broker that goes is noticed, also while nothing is to be sent.
func TestMQTTBrokerGoes(t *testing.T) {
	port, stop := mosquitto(t, "allow_anonymous true\n")
	p := play(t, t.TempDir(), strings.ReplaceAll(simulated, "5ms", "1h")+fmt.Sprintf("[[target]]\naddress='mqtt://127.0.0.1:%s'\nqos=1\ntopic='x'\n", port), nil)
	p.await(t, Connected)
	stop()
	if s := p.await(t, Away); s.Err == nil {
		t.Errorf("away without a reason: %+v", s)
	}
}

// A broker that wants a password says what to do without it.
func TestMQTTPassword(t *testing.T) {
	passwords := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(passwords, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mosquitto_passwd", "-b", passwords, "me", "secret").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skip("needs mosquitto_passwd (Debian: mosquitto)")
	}
	port, _ := mosquitto(t, "allow_anonymous false\npassword_file "+passwords+"\nuser root\n")
	for _, version := range []int{3, 5} {
		text := simulated + fmt.Sprintf("[[target]]\naddress='mqtt://127.0.0.1:%s'\nversion=%d\n", port, version)
		p := play(t, t.TempDir(), text, nil)
		if s := p.await(t, Away); s.Err.Kind != sockeye.AccessDenied || s.Err.Hint.IsZero() {
			t.Errorf("version %d without a password: %+v", version, s.Err)
		}
		p = play(t, t.TempDir(), text+"username='me'\npassword='secret'\n", nil)
		p.await(t, Connected)
	}
}
