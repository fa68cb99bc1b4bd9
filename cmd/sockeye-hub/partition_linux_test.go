package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/transport/transporttest"
)

// F58: one of three servers, each in a network of its own, is cut off from the others, or from
// everybody, in one direction or both, for some seconds; the first one is the leader of the
// stream. A command there says soon that the board is unreachable. After the networks heal each
// server tells the same history, with every event once and in order, and no board has executed a
// command that was too late or came twice. SOCKEYE_ROUNDS says how many partitions there are,
// SOCKEYE_SEED which ones.
func TestPartitions(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	seed := setting("SOCKEYE_SEED", rand.IntN(1_000_000)+1)
	t.Logf("SOCKEYE_SEED=%d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 58))
	c := newNetworkedCluster(t)
	b := hub.BoardID{Site: "plant", Name: "press-1"}
	p := startPlayer(t, c.nodes[0].enrol(t, b.String()), "--hub-send")
	over, playing := make(chan struct{}), sync.WaitGroup{}
	playing.Go(func() { p.play(over) })
	asked := map[string]time.Time{} // when each command expires, by what it has the board send
	rounds := 1
	if os.Getenv("CI") == "true" {
		rounds = 2
	}
	for round := range setting("SOCKEYE_ROUNDS", rounds) {
		await(t, "all servers have everything", func() bool { return c.leader(t, true) >= 0 })
		cut := partition{node: random.IntN(3), fromBoards: random.IntN(2) == 0, in: true, out: true, lasts: time.Duration(2+random.IntN(18)) * time.Second}
		switch random.IntN(3) {
		case 0:
			cut.in = false
		case 1:
			cut.out = false
		}
		if round == 0 { // the worst one; the others have the time to elect another leader
			cut = partition{node: c.leader(t, true), fromBoards: true, in: true, out: true, lasts: 10 * time.Second}
		}
		t.Logf("partition %d: %+v", round, cut)
		conns := []*nats.Conn{c.nodes[0].connect(t), c.nodes[1].connect(t), c.nodes[2].connect(t)}
		commandTwice(t, conns, b, asked, time.Minute) // the board executes these
		for _, conn := range conns {
			if err := conn.FlushTimeout(patience); err != nil {
				t.Fatal(err)
			}
		}
		c.cut(t, cut)
		var expecting sync.WaitGroup
		if cut.fromBoards && cut.in && cut.out {
			expecting.Go(func() { c.expectUnreachable(t, cut.node, b) })
		}
		for healed := time.Now().Add(cut.lasts); time.Now().Before(healed); {
			commandTwice(t, conns, b, asked, time.Second)
			time.Sleep(200 * time.Millisecond) // a command now and then
		}
		expecting.Wait()
		c.heal(t, cut)
		for _, conn := range conns { // what waited in the network comes now, late
			conn.FlushTimeout(30 * time.Second)
			conn.Close()
		}
	}
	await(t, "all servers have everything", func() bool { return c.leader(t, true) >= 0 })
	close(over)
	playing.Wait()
	p.finish(t)
	c.expectOneHistory(t, b, p, asked)
}

// commandTwice has the board send something by way of each server, as a network does that
// delivers twice; each command is good for life.
func commandTwice(t *testing.T, conns []*nats.Conn, b hub.BoardID, asked map[string]time.Time, life time.Duration) {
	t.Helper()
	for _, conn := range conns {
		text, expires := fmt.Sprintf("command %d.\n", len(asked)), time.Now().Add(life)
		asked[text] = expires
		request, err := json.Marshal(hub.SendRequest{ID: text, Data: []byte(text), Expires: expires})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			conn.Publish(b.SendSubject(), request) // an error is a server that is known to be gone
		}
	}
}

// partition is one server that is cut off: what comes in, what goes out, or both; from the
// boards, too, or from the other servers only.
type partition struct {
	node                int
	fromBoards, in, out bool
	lasts               time.Duration
}

// networkedCluster is three servers, each in a network namespace of its own; the test, the boards
// and their peers are in another one, with a switch between them.
type networkedCluster struct{ nodes []*hubProcess }

// boardsIP is where the boards are in the network of a networkedCluster.
const boardsIP = "10.58.0.1"

func nodeIP(n int) string { return fmt.Sprintf("10.58.0.%d", 10+n) }

func newNetworkedCluster(t *testing.T) *networkedCluster {
	t.Helper()
	if err := unix.Mount("networks", "/run", "tmpfs", 0, "mode=755"); err != nil { // names that only this test sees
		t.Fatal(err)
	}
	ip := func(line string) { t.Helper(); transporttest.Run(t, "ip", strings.Fields(line)...) }
	ip("link add br0 type bridge")
	ip("address add " + boardsIP + "/24 dev br0")
	ip("link set br0 up")
	for n := range 3 {
		ip(fmt.Sprintf("netns add n%d", n))
		ip(fmt.Sprintf("link add p%d type veth peer name eth0 netns n%d", n, n))
		ip(fmt.Sprintf("link set p%d master br0 up", n))
		ip(fmt.Sprintf("-n n%d address add %s/24 dev eth0", n, nodeIP(n)))
		ip(fmt.Sprintf("-n n%d link set eth0 up", n))
		ip(fmt.Sprintf("-n n%d link set lo up", n))
	}
	c := &networkedCluster{}
	var clients []string
	for n := range 3 {
		clients = append(clients, nodeIP(n)+":4222")
	}
	for n, home := range sharedKeys(t, 3) {
		var others []string
		for other := range 3 {
			if other != n {
				others = append(others, nodeIP(other)+":6222")
			}
		}
		h := &hubProcess{home: home}
		h.process = start(t, home, "ip", "netns", "exec", fmt.Sprint("n", n), "sockeye-hub", "--page", "off", "--listen", clients[n], "--advertise", strings.Join(clients, ","),
			"--cluster", "fleet", "--node", nodeName(n), "--cluster-listen", nodeIP(n)+":6222", "--routes", strings.Join(others, ","))
		c.nodes = append(c.nodes, h)
	}
	for _, h := range c.nodes {
		h.line(t)
		h.learnAddr(t)
	}
	return c
}

func nodeName(n int) string { return fmt.Sprint("node-", n) }

// cut drops packets at the server that is cut off.
func (c *networkedCluster) cut(t *testing.T, p partition) {
	t.Helper()
	var from []string
	for n := range 3 {
		if n != p.node {
			from = append(from, nodeIP(n))
		}
	}
	if p.fromBoards {
		from = append(from, boardsIP)
	}
	rules := "add table inet cut\n"
	for _, way := range []struct {
		cut         bool
		hook, match string
	}{{p.in, "input", "saddr"}, {p.out, "output", "daddr"}} {
		if way.cut {
			rules += fmt.Sprintf("add chain inet cut %s { type filter hook %s priority 0; }\nadd rule inet cut %s ip %s { %s } drop\n", way.hook, way.hook, way.hook, way.match, strings.Join(from, ", "))
		}
	}
	c.nft(t, p.node, rules)
}

func (c *networkedCluster) heal(t *testing.T, p partition) { c.nft(t, p.node, "delete table inet cut") }

func (c *networkedCluster) nft(t *testing.T, node int, rules string) {
	t.Helper()
	transporttest.Run(t, "ip", "netns", "exec", fmt.Sprint("n", node), "nft", rules)
}

// leader is the server that leads the stream, -1 if nobody knows one; with all, only if the
// others have everything.
func (c *networkedCluster) leader(t *testing.T, all bool) int {
	t.Helper()
	conn := c.nodes[0].connect(t)
	defer conn.Close()
	var info struct {
		Cluster struct {
			Leader   string
			Replicas []struct{ Current, Offline bool }
		}
	}
	m, err := conn.Request("$JS.API.STREAM.INFO."+hub.Stream, nil, 5*time.Second)
	if err != nil || json.Unmarshal(m.Data, &info) != nil {
		return -1
	}
	for _, r := range info.Cluster.Replicas {
		if all && (!r.Current || r.Offline) {
			return -1
		}
	}
	return slices.IndexFunc([]int{0, 1, 2}, func(n int) bool { return nodeName(n) == info.Cluster.Leader })
}

// expectUnreachable expects that a command at the server that is cut off says within seconds that the
// board is unreachable, by its name and by "--all".
func (c *networkedCluster) expectUnreachable(t *testing.T, node int, b hub.BoardID) {
	t.Helper()
	var both sync.WaitGroup
	defer both.Wait()
	expect := func(who, want string) {
		cmd := command(c.nodes[node].home, "ip", "netns", "exec", fmt.Sprint("n", node), "sockeye-hub", "send", "--wait", "1s", who, "from the other side")
		began := time.Now()
		out, err := cmd.CombinedOutput()
		if _, failed := errors.AsType[*exec.ExitError](err); !failed || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s, want %q", who, err, out, want)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s: that the board is unreachable took %v", who, took)
		}
	}
	both.Go(func() { expect(b.String(), "unreachable: ") })
	both.Go(func() { expect("--all", "JetStream is not ready") }) // and so it does not know who there is
}

// expectOneHistory expects of each server as the leader the same events, which are those that the
// board recorded, and of each command that the board sent it once at most, and in time.
func (c *networkedCluster) expectOneHistory(t *testing.T, b hub.BoardID, p *player, asked map[string]time.Time) {
	t.Helper()
	conn := c.nodes[0].connect(t)
	await(t, "the hub has everything", func() bool { return lastOf(conn, b) >= p.events(t) })
	for range 3 {
		if received, last := history(t, conn, b); received != p.said.String() || last != p.events(t) {
			t.Errorf("server %d has %d bytes received and %d events, the peer said %d bytes and the board recorded %d events", c.leader(t, false), len(received), last, p.said.Len(), p.events(t))
		}
		if m, err := conn.Request("$JS.API.STREAM.LEADER.STEPDOWN."+hub.Stream, nil, patience); err != nil || !strings.Contains(string(m.Data), `"success":true`) {
			t.Fatalf("another leader: %s, %v", m.Data, err)
		}
		await(t, "there is a leader", func() bool { return c.leader(t, true) >= 0 })
	}
	executed := 0
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		text := string(e.Data)
		if e.Kind != sockeye.Sent || !strings.HasPrefix(text, "command ") {
			continue
		}
		executed++
		if expires, once := asked[text]; !once || e.Time.After(expires.Add(100*time.Millisecond)) {
			t.Errorf("%q was executed twice, or %v after it had expired", text, e.Time.Sub(expires))
		}
		delete(asked, text)
	}
	t.Logf("%d commands were executed, %d expired or were lost", executed, len(asked))
	if executed == 0 || len(asked) == 0 {
		t.Error("there is nothing to compare: all commands were executed, or none")
	}
}
