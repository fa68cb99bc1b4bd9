package device

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sockeye"
	"sockeye/client"
)

// asService is the environment of a process that systemd has started.
func asService(name string) string {
	if name == "NOTIFY_SOCKET" {
		return filepath.Join(os.TempDir(), "sockeye-nobody-listens")
	}
	return ""
}

// F63: the service of a board that ended soon three times in a row measures on, without the
// programs that its file names and the commands that targets give, and says so. When it ends
// in good order, the next start is a usual one.
func TestSafeMode(t *testing.T) {
	state, l := t.TempDir(), listen(t, "127.0.0.1:0")
	ran := filepath.Join(t.TempDir(), "ran")
	file := simulated + fmt.Sprintf("[[sensor]]\nname='program'\ncommand=['touch','%s']\n[[target]]\naddress='tcp://%s'\nformat='json'\ncommands=true\n[commands]\nrates=true\n", ran, l.Addr())
	starts := startCount{filepath.Join(state, "board.starts")}
	for n := range fastEnds {
		if before, err := starts.begin(); before != n || err != nil {
			t.Fatalf("%d starts before, %v, want %d", before, err, n)
		}
	}
	said, broken := make(chan *sockeye.Error, 1), make(chan error, 1)
	p := play(t, state, file, func(o *RunOptions) {
		o.Env = asService
		o.SafeMode = func(why *sockeye.Error) { said <- why }
		o.Broken = func(_, sensor string, err error) { broken <- fmt.Errorf("%s: %w", sensor, err) }
	})
	if why := <-said; !strings.Contains(why.Error(), "safe mode") || why.Hint.IsZero() {
		t.Errorf("it says %v", why)
	}
	c := accept(t, l)
	if line := readLine(t, bufio.NewReader(c)); len(line.Values) != 1 {
		t.Errorf("it measures %v", line.Values)
	}
	if err := <-broken; !strings.HasPrefix(err.Error(), "program: ") || !strings.Contains(err.Error(), "safe mode") {
		t.Errorf("of the program it says %v", err)
	}
	fmt.Fprintln(c, "rate steps 20ms")
	for in := bufio.NewScanner(c); ; {
		if !in.Scan() {
			t.Fatal("no answer to a command")
		}
		if answer, ok := strings.CutPrefix(in.Text(), "error "); ok {
			if !strings.HasPrefix(answer, "safe mode") {
				t.Errorf("a command is answered %q", answer)
			}
			break
		}
	}
	p.end(t)
	if _, err := os.Stat(ran); err == nil {
		t.Error("the program was run")
	}
	if before, err := starts.begin(); before != 0 || err != nil {
		t.Errorf("after an end in good order %d starts are counted, %v", before, err)
	}
}

// F63: a start that lasts a minute is forgotten; one that does not is counted. Who starts a
// board by hand may end it as he likes.
func TestStartsThatLastAreForgotten(t *testing.T) {
	for _, env := range []func(string) string{nil, asService} {
		state := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			c := client.New(client.LocalOptions{Memory: 1 << 20})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				if _, err := Run(ctx, &Config{Name: "board"}, RunOptions{Client: c, State: state, Env: env}); err != nil {
					t.Error(err)
				}
			}()
			defer func() {
				cancel()
				<-done
				c.Close()
			}()
			counts := func() bool {
				synctest.Wait()
				_, err := os.Stat(filepath.Join(state, "board.starts"))
				return err == nil
			}
			time.Sleep(steadyAfter - time.Second)
			if want := env != nil; counts() != want {
				t.Errorf("a start is counted: %v, want %v", !want, want)
			}
			time.Sleep(2 * time.Second)
			if counts() {
				t.Error("it has lasted, and is counted")
			}
		})
	}
}
