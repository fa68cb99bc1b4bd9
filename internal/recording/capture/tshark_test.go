package capture

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// contents is what a capture holds, as two programs can compare it.
type contents struct {
	// Streams are the bytes of each connection and direction, "from > to", one after
	// the other where addresses were used again.
	Streams   map[string]string
	Datagrams []string
}

func (c *contents) add(from, to netip.AddrPort, data []byte) {
	if len(data) > 0 {
		c.Streams[fmt.Sprint(from, " > ", to)] += string(data)
	}
}

// ours is what a capture holds for this package.
func ours(t testing.TB, file []byte) contents {
	t.Helper()
	c := contents{Streams: map[string]string{}}
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		e, err := d.Next()
		if errors.Is(err, io.EOF) {
			slices.Sort(c.Datagrams)
			return c
		}
		switch {
		case err != nil:
			t.Fatal(err)
		case e.Kind != sockeye.Received && e.Kind != sockeye.Sent:
		case e.Peer.Network == "udp":
			c.Datagrams = append(c.Datagrams, string(e.Data))
		case e.Kind == sockeye.Received:
			c.add(e.Peer.Remote.AddrPort(), e.Peer.Local.AddrPort(), e.Data)
		default:
			c.add(e.Peer.Local.AddrPort(), e.Peer.Remote.AddrPort(), e.Data)
		}
	}
}

// tshark runs it on a capture.
func tshark(t testing.TB, file []byte, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs tshark: ", err)
		}
		t.Skip("needs tshark")
	}
	path := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tshark", append([]string{"-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-r", path}, args...)...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	return string(out)
}

var (
	streamEnds   = regexp.MustCompile(`(?s)stream eq (\d+)\nNode 0: (\S+)\nNode 1: (\S+)\n(.*)`)
	missingBytes = regexp.MustCompile(`\[\d+ bytes missing in capture file\]\x00?`)
)

// theirs is what a capture holds for tshark.
func theirs(t testing.TB, file []byte) contents {
	t.Helper()
	c := contents{Streams: map[string]string{}}
	follow := []string{"-q"}
	streams := strings.Fields(tshark(t, file, "-Y", "tcp.stream", "-T", "fields", "-e", "tcp.stream"))
	slices.Sort(streams)
	for _, s := range slices.Compact(streams) {
		follow = append(follow, "-z", "follow,tcp,raw,"+s)
	}
	if len(follow) > 1 {
		c.follow(t, tshark(t, file, follow...))
	}
	for line := range strings.Lines(tshark(t, file, "-Y", "udp", "-T", "fields", "-e", "udp.payload")) {
		all := strings.Split(strings.TrimSpace(line), ",")
		b, err := hex.DecodeString(all[len(all)-1]) // of a tunnel, what is inside
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 0 {
			c.Datagrams = append(c.Datagrams, string(b))
		}
	}
	slices.Sort(c.Datagrams)
	return c
}

// follow takes in what tshark says of streams.
func (c *contents) follow(t testing.TB, out string) {
	t.Helper()
	var found [][]string
	for block := range strings.SplitSeq(out, strings.Repeat("=", 67)+"\n") {
		if m := streamEnds.FindStringSubmatch(block); m != nil {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b []string) int {
		x, _ := strconv.Atoi(a[1])
		y, _ := strconv.Atoi(b[1])
		return cmp.Compare(x, y)
	})
	for _, m := range found {
		a, b := netip.MustParseAddrPort(m[2]), netip.MustParseAddrPort(m[3])
		for line := range strings.Lines(m[4]) {
			data, err := hex.DecodeString(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			data = missingBytes.ReplaceAll(data, nil)
			if strings.HasPrefix(line, "\t") {
				c.add(b, a, data)
			} else {
				c.add(a, b, data)
			}
		}
	}
}
