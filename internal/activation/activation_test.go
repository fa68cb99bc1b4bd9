package activation

import "testing"

// Sockets are taken over only if the service manager meant this process, and only a sensible
// number of them.
func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		pid, fds string
		want     int
	}{
		"ours": {"77", "2", 2}, "another's": {"78", "2", 0}, "nobody's": {"", "2", 0}, "none": {"77", "", 0},
		"negative": {"77", "-1", 0}, "too many": {"77", "257", 0}, "no number": {"77", "x", 0},
	} {
		env := map[string]string{"LISTEN_PID": c.pid, "LISTEN_FDS": c.fds}
		if got := count(func(name string) string { return env[name] }, 77); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// An address is that which the system says of a socket that package net has bound to it.
func TestParse(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"tcp", ":80"}: "[::]:80", {"tcp4", ":80"}: "0.0.0.0:80", {"tcp4", "127.0.0.1:80"}: "127.0.0.1:80", {"tcp6", "[::1]:80"}: "[::1]:80",
		{"tcp", "127.0.0.1:0"}: "", {"udp", ":80"}: "", {"tcp", "localhost:80"}: "", {"tcp", "80"}: "",
	} {
		got, ok := parse(in[0], in[1])
		if text := got.String(); ok && text != want || !ok && want != "" {
			t.Errorf("%s: %s, %v, want %q", in, text, ok, want)
		}
	}
}
