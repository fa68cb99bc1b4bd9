package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sockeye/internal/api/access"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye"
)

const nobodysID = 65534

// TestMain lets the test's program be run again as another user.
func TestMain(m *testing.M) {
	if what := os.Getenv("SOCKEYE_TEST_AS_NOBODY"); what != "" {
		if err := syscall.Setgroups(nil); err == nil {
			err = errors.Join(syscall.Setresgid(nobodysID, nobodysID, nobodysID), syscall.Setresuid(nobodysID, nobodysID, nobodysID))
			if err == nil {
				asNobody[what](os.Getenv("SOCKEYE_TEST_AT"))
				os.Exit(0)
			}
		}
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// asNobody are what the test's program does as another user, with a path or address.
var asNobody = map[string]func(at string){
	"get": func(at string) {
		resp, err := http.Get("http://" + at + "/api/v1/machine")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(resp.StatusCode)
	},
	"dial": func(at string) {
		_, err := net.Dial("unix", at)
		fmt.Println(errors.Is(err, syscall.EACCES), err)
	},
	"read": func(at string) {
		_, err := os.ReadFile(at)
		fmt.Println(errors.Is(err, syscall.EACCES), err)
	},
	"flood": func(at string) { // holds many half requests, from several addresses
		_, port, _ := net.SplitHostPort(at)
		var held []net.Conn
		for n := range 540 {
			from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+n%5))}}
			c, err := from.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
			if err != nil {
				fmt.Println(err)
				return
			}
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: ")
			held = append(held, c)
		}
		fmt.Println("ready", len(held))
		time.Sleep(time.Hour)
	},
	"impostor": func(at string) { // prints whatever it is told
		os.Remove(at)
		l, err := net.Listen("unix", at)
		if err != nil {
			fmt.Println(err)
			return
		}
		os.Chmod(at, 0o777)
		fmt.Println("ready")
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, _ := io.ReadAll(c)
			fmt.Printf("told %q\n", text)
		}
	},
}

// runAsNobody starts the test's program as another user, and gives its output's lines.
func runAsNobody(t *testing.T, what, at string) *bufio.Reader {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs to be root")
		}
		t.Skip("needs to be root, to be another user")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SOCKEYE_TEST_AS_NOBODY="+what, "SOCKEYE_TEST_AT="+at)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return bufio.NewReader(out)
}

func lineOf(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return strings.TrimSpace(line)
}

// stateFile is where a directory tells of a workbench.
func stateFile(dir string) string { return filepath.Join(dir, "workbench.json") }

// madeKnown is a workbench that shells find in a directory, with a socket for its owner.
func madeKnown(t *testing.T, dir string, change ...func(*Config)) (*served, access.WorkbenchState) {
	t.Helper()
	v := serve(t, change...)
	l, err := access.ListenOwner(dir)
	if err != nil || l == nil {
		t.Fatal(l, err)
	}
	go v.ServeOwner(l)
	st := access.WorkbenchState{URL: v.URL(), Token: v.ShellToken(), PID: os.Getpid(), Socket: l.Addr().String()}
	if err := access.WriteState(dir, st); err != nil {
		t.Fatal(err)
	}
	return v, st
}

// shortDir is a directory whose path leaves room for a socket's name, which every user
// may enter.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sockeye")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// T19: another local user is refused: over TCP without a credential (401), at the Unix
// socket and the token file by their modes (0600), whatever the umask is.
func TestOtherLocalUser(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	top := shortDir(t)
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(top, "sockeye")
	v, st := madeKnown(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, stateFile(dir): 0o600, st.Socket: 0o600 | os.ModeSocket} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if got := lineOf(t, runAsNobody(t, "get", v.addr)); got != "401" {
		t.Errorf("over TCP: %s", got)
	}
	for _, open := range []bool{false, true} { // by the directory, then by the files' own modes
		if open {
			os.Chmod(dir, 0o755)
		}
		if got := lineOf(t, runAsNobody(t, "dial", st.Socket)); !strings.HasPrefix(got, "true") {
			t.Errorf("at the socket: %s", got)
		}
		if got := lineOf(t, runAsNobody(t, "read", stateFile(dir))); !strings.HasPrefix(got, "true") {
			t.Errorf("the state file: %s", got)
		}
	}
	// The kernel's word counts, should the mode be changed.
	os.Chmod(st.Socket, 0o777)
	v.counts("owner", 1, func() {
		if got := lineOf(t, runAsNobody(t, "dial", st.Socket)); !strings.HasPrefix(got, "false <nil>") {
			t.Errorf("at the open socket: %s", got)
		}
		for end := time.Now().Add(time.Minute); v.guard.Rejected()["owner"] == 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	})
	if err := NewClient(st, "en").Ask(t.Context(), "GET", "/machine", nil, nil); err != nil {
		t.Errorf("the owner: %v", err)
	}
}

// An impostor of another user at the path of the socket is told nothing.
func TestImpostorAtTheSocket(t *testing.T) {
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "workbench.sock")
	out := runAsNobody(t, "impostor", path)
	if got := lineOf(t, out); got != "ready" {
		t.Fatal(got)
	}
	st := access.WorkbenchState{URL: "http://127.0.0.1:1/", Token: strings.Repeat("A", 43), Socket: path}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // an impostor that is believed never answers
	defer cancel()
	_, err := NewClient(st, "en").NewTicket(ctx)
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.NotFound || !strings.Contains(e.Message.En, "another program") {
		t.Errorf("%v", err)
	}
	if got := lineOf(t, out); got != `told ""` {
		t.Errorf("it was %s", got)
	}
	// Nor is another program of this user.
	os.Remove(path)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	st.PID = os.Getpid() + 1
	if _, err := NewClient(st, "en").NewTicket(ctx); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("another process: %v", err)
	}
}

// T20: what others have planted in or in place of the state directory is refused with
// the reason, and the targets of links stay as they are.
func TestPlantedStateDirectory(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "untouched")
	st := access.WorkbenchState{URL: "http://127.0.0.1:1/", Token: "t", PID: 1}
	refused := func(dir, why string) {
		t.Helper()
		if _, err := access.ListenOwner(dir); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("ListenOwner: %v, want %s", err, why)
		}
		if err := access.WriteState(dir, st); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("WriteState: %v, want %s", err, why)
		}
		if text := read(t, victim); text != "untouched" {
			t.Errorf("the victim says %q", text)
		}
	}
	writable := shortDir(t)
	os.Chmod(writable, 0o777)
	write(t, stateFile(writable), `{"url":"http://127.0.0.1:1/","token":"x"}`)
	refused(writable, "other users may write")
	if _, err := access.ReadState(writable); err == nil || !strings.Contains(err.Error(), "other users may write") {
		t.Errorf("ReadState: %v", err)
	}
	if os.Geteuid() == 0 {
		theirs := shortDir(t)
		os.Chown(theirs, nobodysID, nobodysID)
		refused(theirs, "belongs to another user")
		link := filepath.Join(shortDir(t), "sockeye")
		os.Symlink(theirs, link)
		refused(link, "belongs to another user")
	}

	// Links in a directory of one's own are replaced or refused, and never followed.
	own := shortDir(t)
	os.Symlink(victim, stateFile(own))
	socket := filepath.Join(own, fmt.Sprintf("workbench-%d.sock", os.Getpid()))
	os.Symlink(victim, socket)
	if _, err := access.ReadState(own); err == nil {
		t.Error("a link was read")
	}
	if _, err := access.ListenOwner(own); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("ListenOwner: %v", err)
	}
	if err := access.WriteState(own, st); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(stateFile(own)); err != nil || !info.Mode().IsRegular() || read(t, victim) != "untouched" {
		t.Errorf("%v, %v; the victim says %q", info, err, read(t, victim))
	}

	// A pipe with the name of the file is no file, and nobody waits for it.
	os.Remove(stateFile(own))
	if err := syscall.Mkfifo(stateFile(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := access.ReadState(own); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a pipe: %v", err)
	}
	os.Remove(stateFile(own))
	write(t, stateFile(own), `{"url":"http://127.0.0.1:1/","token":"x"}`)
	os.Chmod(stateFile(own), 0o644)
	if _, err := access.ReadState(own); err == nil || !strings.Contains(err.Error(), "other users may read") {
		t.Errorf("an open file: %v", err)
	}
}

// The sockets that killed workbenches left are removed, those of running ones are not.
func TestStaleSockets(t *testing.T) {
	dir := shortDir(t)
	left := filepath.Join(dir, "workbench-1.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: left, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	live, err := net.Listen("unix", filepath.Join(dir, "workbench-2.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	l.Close()
	v, st := madeKnown(t, dir)
	if _, err := os.Lstat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "workbench-2.sock")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := NewClient(st, "en").Ask(ctx, "GET", "/machine", nil, nil); err != nil {
		t.Error(err)
	}
	v.Server.Close(ctx)
	if _, err := os.Lstat(st.Socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
	if e := sockeye.ErrorOf(NewClient(st, "en").Ask(ctx, "GET", "/machine", nil, nil)); e.Kind != sockeye.NotFound {
		t.Errorf("after the end: %v", e)
	}
}

// The owner's shells have places of their own, whatever TCP's are used for.
func TestOwnerHasReservedPlaces(t *testing.T) {
	v, st := madeKnown(t, shortDir(t), func(o *Config) {
		o.limits = access.Limits{Header: time.Minute, Idle: time.Minute, Body: time.Minute, BodyRate: 1, Write: time.Minute, Connections: 1}
	})
	held, err := net.Dial("tcp", v.addr) // the only place, held with a credential
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	fmt.Fprintf(held, "GET /api/v1/machine HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", v.addr, v.token)
	if resp, err := http.ReadResponse(bufio.NewReader(held), nil); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v, %v", resp, err)
	}
	if err := NewClient(st, "en").Ask(t.Context(), "GET", "/machine", nil, nil); err != nil {
		t.Error(err)
	}
	st.Socket = ""
	if e := sockeye.ErrorOf(NewClient(st, "en").Ask(t.Context(), "GET", "/machine", nil, nil)); e.Kind != sockeye.LimitReached {
		t.Errorf("over TCP: %v", e)
	}
}

// Issue "Hostile files", 4: users share 127.0.0.1, so another user's half-open requests
// closed the browser's connection before it had shown its credential.
func TestFloodOfAnotherUserClosesNoneOfOurs(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Minute, Idle: time.Minute, Body: time.Minute, BodyRate: 1, Write: time.Minute, Connections: 256}
	})
	ours, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	io.WriteString(ours, "GET /api/v1/machine HTTP/1.1\r\nHost: ") // as a browser that is slow to say who it is
	flood := runAsNobody(t, "flood", v.addr)
	if line := lineOf(t, flood); line != "ready 540" {
		t.Fatal(line)
	}
	ours.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(ours, "%s\r\nAuthorization: Bearer %s\r\n\r\n", v.addr, v.token)
	resp, err := http.ReadResponse(bufio.NewReader(ours), nil)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v, %v", resp, err)
	}
}
