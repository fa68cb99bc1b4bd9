//go:build linux

package main

import "strconv"

// row is one kind of work, and who does it.
type row struct {
	name string
	what string
	// goal is what sockeye is to reach, in words.
	goal string
	// load are the arguments of the load generator: its mode first.
	load []string
	// servers are measured in turn; the first is what the others are compared with.
	servers []string
	where   placement
	unit    unit
	// peers is the number of connections, if it is more than sockeye's default limit.
	peers int
	// memory says that recordings go to memory (/dev/shm), not to a disk.
	memory bool
	quick  bool
	// relayed says that the servers are relays: the load goes through them to the server
	// in C, which shares the load's core.
	relayed bool
	// fault is what a relay of sockeye does to what passes; "" is nothing. Server "undelayed" is
	// the same relay without.
	fault string
	// generators says that who is compared makes the load: the generator in C ("c"), fortio
	// and sockeye load, each against the server in C.
	generators bool
	// fleet says that the load is boards of a hub, which internal/tools/fleet starts.
	fleet bool
	// layer is what the load speaks over TCP: "", websocket or tls.
	layer string
}

// placement says on which cores load and server run.
type placement int

const (
	apart    placement = iota // the load on one core, the server on another
	free                      // wherever the system puts them
	together                  // both on one core
)

// unit says what a row measures.
type unit int

const (
	messages  unit = iota // per second
	volume                // bytes per second
	memory                // bytes per connection
	startUp               // time
	loss                  // datagrams
	delay                 // 99th percentile of the answer times
	agreement             // how percentiles of the answer times compare
)

var (
	everybody = []string{"c", "sockeye", "gnet", "net", "python", "socat", "ncat"}
	kept      = []string{"c", "keep", "sockeye", "gnet", "net", "python", "socat", "ncat"}
	keptFew   = []string{"c", "keep", "sockeye", "gnet", "net", "python"}
	capable   = []string{"c", "sockeye", "gnet", "net", "python"}
	recorded  = []string{"sockeye", "recorded", "tcpdump"}
	relays    = []string{"haproxy", "sockeye", "nginx"}

	quickServers = []string{"c", "sockeye", "net", "recorded"}
)

// rows are the work to measure, in the order of the table.
var rows = []row{
	{name: "echo-50", what: "TCP echo 64 B, 50 connections", goal: "1.00", load: words("echo", 50, 64, 1), servers: kept, quick: true},
	{name: "echo-1000", what: "TCP echo 64 B, 1,000 connections", goal: "1.05", load: words("echo", 1000, 64, 1), servers: keptFew},
	{name: "echo-10000", what: "TCP echo 64 B, 10,000 connections", goal: "0.98", load: words("echo", 10000, 64, 1), servers: keptFew, peers: 12000},
	{name: "echo-free", what: "TCP echo 64 B, 50 connections, nothing pinned", goal: "0.95, p99 ≤ 1.3×", load: words("echo", 50, 64, 1), servers: capable, where: free},
	{name: "echo-deep", what: "TCP echo 64 B, 50 connections, 16 in flight", goal: "0.98", load: words("echo", 50, 64, 16), servers: keptFew},
	{name: "echo-1", what: "TCP echo 64 B, 1 connection, one core", goal: "0.95", load: words("echo", 1, 64, 1), servers: everybody, where: together},
	{name: "echo-64k", what: "TCP echo 64 KiB, 8 connections", goal: "0.97", load: words("echo", 8, 64<<10, 1), servers: kept, unit: volume, quick: true},
	{name: "receive-1", what: "receive only, 64 KiB, 1 connection", goal: "1.00", load: words("receive", 1, 64<<10, 1), servers: kept, unit: volume},
	{name: "receive-8", what: "receive only, 64 KiB, 8 connections", goal: "1.00", load: words("receive", 8, 64<<10, 1), servers: keptFew, unit: volume, quick: true},
	{name: "beside", what: "p99 of a quiet connection beside one at full speed", goal: "≤ 2 ms", load: words("beside", 2, 64<<10, 1), servers: capable, unit: delay},
	{name: "connect", what: "connect, one message, close", goal: "1.00", load: words("connect", 50, 64, 1, "--sources", "64"), servers: everybody},
	{name: "udp-64", what: "UDP echo 64 B, 8 sockets, 32 in flight", goal: "0.96", load: words("udp", 8, 64, 32), servers: capable, quick: true},
	{name: "udp-1400", what: "UDP echo 1400 B, 8 sockets, 32 in flight", goal: "1.00", load: words("udp", 8, 1400, 32), servers: capable},
	{name: "udp-offered", what: "UDP echo 64 B, 200,000 datagrams/s offered", goal: "no loss", load: words("udp", 8, 64, 1, "--rate", "200000"), servers: capable, unit: loss, quick: true},
	{name: "record-echo", what: "echo-50 while recording to disk", goal: "0.85 of unrecorded", load: words("echo", 50, 64, 1), servers: recorded, quick: true},
	{name: "record-receive", what: "receive-8 while recording to memory", goal: "0.60 of unrecorded", load: words("receive", 8, 64<<10, 1), servers: recorded, unit: volume, memory: true},
	{name: "relay-50", what: "relay of TCP 64 B, 50 connections", goal: "1.00 of HAProxy", load: words("echo", 50, 64, 1), servers: relays, relayed: true},
	{name: "relay-64k", what: "relay of TCP 64 KiB, 8 connections", goal: "1.00 of HAProxy", load: words("echo", 8, 64<<10, 1), servers: relays, relayed: true, unit: volume},
	{name: "relay-delay", what: "p99 through a relay with 10 ms of latency, 1,000 connections, 4,000 messages/s", goal: "9 to 11 ms, CPU < 1.5 of without", load: words("echo", 1000, 64, 1, "--rate", "4000"), servers: []string{"undelayed", "sockeye"}, relayed: true, fault: "latency 10ms from upstream", unit: delay},
	{name: "websocket-50", what: "WebSocket echo 64 B, 50 connections", goal: "0.90 of coder/websocket", load: words("echo", 50, 64, 1), servers: []string{"websocket", "sockeye"}, layer: "websocket"},
	{name: "tls-50", what: "TLS echo 64 B, 50 connections", goal: "0.90 of crypto/tls", load: words("echo", 50, 64, 1), servers: []string{"tls", "sockeye"}, layer: "tls"},
	{name: "load-50", what: "messages made: TCP 64 B, 50 connections", goal: "0.70 of the generator in C", load: words("echo", 50, 64, 1), servers: []string{"c", "sockeye"}, generators: true},
	{name: "load-agrees", what: "answer times as load tells them: TCP 64 B, 8 connections, 2,000 messages/s", goal: "0.95 to 1.05 of fortio", load: words("echo", 8, 64, 1, "--rate", "2000"), servers: []string{"fortio", "sockeye"}, generators: true, unit: agreement},
	{name: "idle", what: "memory per idle connection, 10,000 of them", goal: "≤ 1 KiB", load: words("idle", 10000, 64, 1), servers: capable, unit: memory, peers: 12000, quick: true},
	{name: "hub-take", what: "events that a hub has on its disk, 50 boards", goal: "0.70 of NATS clients", load: []string{"take", "--boards", "50"}, servers: []string{"nats", "sockeye"}, fleet: true},
	{name: "hub-idle", what: "memory of a hub per idle board, 1,000 of them", goal: "≤ 58.6 KiB (60 KB)", load: []string{"idle", "--boards", "1000"}, servers: []string{"sockeye"}, fleet: true, unit: memory},
	{name: "hub-back", what: "500 boards have a new event at a hub that was killed", goal: "≤ 60 s", load: []string{"back", "--boards", "500"}, servers: []string{"sockeye"}, fleet: true, unit: startUp},
	{name: "hub-delay", what: "board to page of the hub, 500 boards, an event a second each", goal: "p99 ≤ 50 ms", load: []string{"delay", "--boards", "500"}, servers: []string{"sockeye"}, fleet: true, unit: delay},
	{name: "start", what: "start to first connection", goal: "≤ 10 ms", load: words("start", 1, 64, 1), servers: everybody, where: free, unit: startUp, quick: true},
}

func words(mode string, connections, size, depth int, more ...string) []string {
	return append([]string{mode, "--connections", strconv.Itoa(connections), "--size", strconv.Itoa(size), "--depth", strconv.Itoa(depth)}, more...)
}

func (r *row) mode() string { return r.load[0] }

func (r *row) network() string { return pick(r.mode() == "udp", "udp", "tcp") }

// scheme is the kind of address that sockeye serves the row at.
func (r *row) scheme() string {
	switch r.layer {
	case "websocket":
		return "ws"
	case "":
		return r.network()
	}
	return r.layer
}

func rowNames() []string {
	var names []string
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}
