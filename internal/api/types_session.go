package api

import "sockeye"

// What is open: sessions, with all that can be asked of them, and their peers.
type (
	// Sessions are all that are open or were, in the order they were opened.
	Sessions struct {
		Sessions []Session `json:"sessions"`
	}
	// Open is what to open.
	Open struct {
		Mode    sockeye.Mode `json:"mode" enum:"listen,connect"`
		Address string       `json:"address"` // as people type it: udp://:10000, 192.168.1.111:10000
		Options *Options     `json:"options,omitempty"`
		Echo    bool         `json:"echo,omitempty"`
		Device  *Device      `json:"device,omitempty"`
		Allow   []string     `json:"allow,omitempty"` // guards of echo and device to lift: storm, amplify, low-ports
		Rules   *RuleSet     `json:"rules,omitempty"` // they go before echo and device
		// Upstream makes a relay of an endpoint that listens: each peer gets a connection of
		// its own to it, and nothing else answers.
		Upstream *Upstream `json:"upstream,omitempty"`
		// Faults are those between the two sides of a relay, from the first peer on.
		Faults *SetFaults `json:"faults,omitempty"`
		// Routes are other upstreams, tried in order, for the peers that they fit: each an
		// address and behind it whom it is for, tcp://192.168.1.90:80 peer 10.0.0.0/8 when prefix:GET.
		Routes []string `json:"routes,omitempty"`
		// Share has all peers of a relay share one connection to the upstream, and says which
		// of them may write to it: one, that is there longest, or all.
		Share string `json:"share,omitempty" enum:"one,all"`
	}
	// Route is an upstream of a relay that only some peers have.
	Route struct {
		Route   string `json:"route"`   // the address, and whom it is for
		Session string `json:"session"` // that has these connections
	}
	// Upstream is where a relay connects to.
	Upstream struct {
		Address string   `json:"address"` // with options behind a ?, serial:///dev/ttyUSB0?baud=9600
		Options *Options `json:"options,omitempty"`
	}
	// SetSession is what to change of an open session.
	SetSession struct {
		Options *Options `json:"options"` // cork, quick_ack and broadcast; what is absent stays
	}
	// Device lets the session play the experiment's board.
	Device struct {
		Hello      string   `json:"hello"`
		IntervalMS *float64 `json:"interval_ms,omitempty"`
	}
	// Traffic counts bytes and messages each way. For TCP a message is one read or
	// one write as the kernel took it; for UDP, one datagram. Rates are bytes per
	// second over the last second or so.
	Traffic struct {
		ReceivedBytes    uint64  `json:"received_bytes"`
		ReceivedMessages uint64  `json:"received_messages"`
		SentBytes        uint64  `json:"sent_bytes"`
		SentMessages     uint64  `json:"sent_messages"`
		ReceiveRate      float64 `json:"receive_rate"`
		SendRate         float64 `json:"send_rate"`
	}
	// Session is a session with all its peers' traffic, those that left included.
	Session struct {
		ID      string             `json:"id"`
		Mode    sockeye.Mode       `json:"mode" enum:"listen,connect"`
		Network string             `json:"network" enum:"tcp,tcp4,tcp6,udp,udp4,udp6,unix,unixgram,unixpacket,serial,ws,ws4,ws6,tls,tls4,tls6,dtls,dtls4,dtls6,wss,wss4,wss6,mqtt,mqtt4,mqtt6,mqtts,mqtts4,mqtts6"`
		Address string             `json:"address"` // what was asked for, as a URL
		Locals  []string           `json:"locals"`  // what is really bound
		State   string             `json:"state" enum:"open,connecting,closed"`
		Reason  sockeye.Reason     `json:"reason,omitempty" enum:"eof,reset,timeout,local,aborted,idle,limit,error,unplugged"`
		Since   string             `json:"since"`
		Until   string             `json:"until,omitempty"` // when it closed
		Peers   int                `json:"peers"`           // that are there now
		Echo    bool               `json:"echo,omitempty"`
		Device  bool               `json:"device,omitempty"`
		Rules   int                `json:"rules,omitempty"` // so many answer now
		Queue   *AcceptQueue       `json:"queue,omitempty"`
		Error   *sockeye.ErrorLine `json:"error,omitempty"` // why it closed
		File    *ReceiveFile       `json:"file,omitempty"`  // what is received goes there, too, or did last
		Name    string             `json:"name,omitempty"`  // of the endpoint in the workspace, if it was opened from there
		Frame   string             `json:"frame,omitempty"` // how that endpoint's frames are found, and
		Check   string             `json:"check,omitempty"` // the checksum they end with
		// Remote is what a UDP session was last told to send to, as it was typed, and
		// Broadcast says that this may be everybody.
		Remote    string `json:"remote,omitempty"`
		Broadcast bool   `json:"broadcast,omitempty"`
		// Upstream is where a relay connects to, and UpstreamSession the session that has
		// these connections.
		Upstream        string `json:"upstream,omitempty"`
		UpstreamSession string `json:"upstream_session,omitempty"`
		// Routes are other upstreams, for the peers that they fit.
		Routes []Route `json:"routes,omitempty"`
		Share  string  `json:"share,omitempty" enum:"one,all"` // its peers share one connection; which of them may write
		Faults int     `json:"faults,omitempty"`               // so many are set between a relay's sides
		// FaultsUntil is when they end by themselves; absent: they do not.
		FaultsUntil string `json:"faults_until,omitempty"`
		Held        int    `json:"held,omitempty"` // so many messages of a relay wait for somebody
		// UpstreamOf is the relay whose connections to an upstream are this session's peers.
		UpstreamOf string `json:"upstream_of,omitempty"`
		// Options are those that it was opened with. Some are here, too, for programs that
		// look for them here.
		Options    *Options `json:"options,omitempty"`
		Sources    []string `json:"sources,omitempty"`
		AllowPeers []string `json:"allow_peers,omitempty"`
		DenyPeers  []string `json:"deny_peers,omitempty"`
		Reconnect  bool     `json:"reconnect,omitempty"`
		HalfOpenMS float64  `json:"half_open_ms,omitempty"`
		// Recipients are the numbers of the peers chosen to be sent to; absent for all. One
		// that left stays among them until a peer comes back from its address or with its
		// alias, which then takes its place: Peer.Replaces says so.
		Recipients []uint64 `json:"recipients,omitempty"`
		// Recording is what the session is of, if it is over and was opened from there.
		Recording *OpenedIn `json:"recording,omitempty"`
		Traffic
	}
	// AcceptQueue is the kernel's queue of connections not yet accepted.
	AcceptQueue struct {
		Waiting   int    `json:"waiting"`
		Backlog   int    `json:"backlog"`
		Overflows uint64 `json:"overflows"`
	}

	// Peers are the peers that are there now, in the order they joined.
	Peers struct {
		Peers []Peer `json:"peers"`
	}
	// Peer is one remote party of a session.
	Peer struct {
		ID      uint64            `json:"id"`
		Session string            `json:"session"`
		Network string            `json:"network" enum:"tcp,udp,unix,unixgram,unixpacket,serial,ws,tls,dtls,wss,mqtt,mqtts"`
		Local   string            `json:"local"`
		Remote  string            `json:"remote"`
		Alias   string            `json:"alias"`
		State   sockeye.PeerState `json:"state" enum:"connected,peer-finished,we-finished,gone"`
		Since   string            `json:"since"`
		// HalfOpen says that the peer finished sending and may still be sent to.
		HalfOpen bool `json:"half_open,omitempty"`
		// NotReadingForMS is how long the peer's receive window has had no room for a segment
		// while bytes wait for it (TCP.SendWindow); absent while it reads.
		NotReadingForMS float64 `json:"not_reading_for_ms,omitempty"`
		// Queued counts bytes that still have to reach the peer.
		Queued int `json:"queued,omitempty"`
		// Replaces is the number of the chosen recipient that left and whose place this peer
		// took, because it came back from its address or with its alias.
		Replaces uint64 `json:"replaces,omitempty"`
		Unsent   int    `json:"unsent"` // not yet acknowledged; -1: the system does not tell
		TCP      *TCP   `json:"tcp,omitempty"`
		// Process is the program at the other end of a Unix socket, where the system tells.
		Process *sockeye.Process `json:"process,omitempty"`
		// TLS is what a TLS handshake agreed on, and whom the peer says it is.
		TLS *sockeye.TLSState `json:"tls,omitempty"`
		// Lines are the modem lines of a serial port; absent where there are none.
		Lines *sockeye.ModemLines `json:"lines,omitempty"`
		// Interface is that on which the peer's datagrams come or go, for multicast groups.
		Interface string `json:"interface,omitempty"`
		// Pair is the peer at the other side of a relay, of the session that it names. Of peers
		// that share one connection to the upstream each has that one; it has none itself.
		Pair *sockeye.PeerRef `json:"pair,omitempty"`
		// Options are those that can be changed, as the peer has them; absent if they are the
		// session's.
		Options *Options `json:"options,omitempty"`
		Traffic
	}
	// TCP is what the kernel tells of a connection.
	TCP struct {
		State            string  `json:"state"`
		RTTMS            float64 `json:"rtt_ms"`
		RTTVarianceMS    float64 `json:"rtt_variance_ms"`
		Retransmits      uint32  `json:"retransmits"`
		CongestionWindow uint32  `json:"congestion_window"`
		Unacked          uint32  `json:"unacked"`
		SendMSS          uint32  `json:"send_mss"`
		PathMTU          uint32  `json:"path_mtu"` // the largest packet to the peer, as far as the system knows
		// SendWindow counts the bytes that the peer has room for, as it last said: its receive
		// window. Zero where the system does not tell.
		SendWindow uint32 `json:"send_window"`
		// MinRTTMS is the lowest round trip that was measured. This and what follows is zero where
		// the system does not tell.
		MinRTTMS float64 `json:"min_rtt_ms"`
		// SegmentsSent counts segments with data, those sent again included.
		SegmentsSent  uint32 `json:"segments_sent"`
		ReceiveWindow uint32 `json:"receive_window"` // bytes that we have room for
		InFlight      uint32 `json:"in_flight"`      // bytes sent and not acknowledged
		NotSent       uint32 `json:"not_sent"`       // bytes that wait here to be sent
		DeliveryRate  uint64 `json:"delivery_rate"`  // bytes per second
		PacingRate    uint64 `json:"pacing_rate"`    // bytes per second at most
		Backoff       uint8  `json:"backoff"`        // how often in a row the time to send again was doubled
		// Of the time in which there was something to send, the peer's window and our buffer
		// held it up for so long.
		BusyMS          float64 `json:"busy_ms"`
		PeerLimitedMS   float64 `json:"peer_limited_ms"`
		BufferLimitedMS float64 `json:"buffer_limited_ms"`
		// Limit is what keeps it from sending more: "application", "peer-window", "network" or
		// "", LimitText the same in a sentence.
		Limit     string `json:"limit,omitempty"`
		LimitText string `json:"limit_text,omitempty"`
	}
	// Reach makes a peer of whoever is at an address, "192.168.1.88:10000" or with a
	// name for the host, so that a UDP session can send there first.
	Reach struct {
		Address string `json:"address"`
	}
	// Recipients chooses the peers that a session is sent to, by their numbers; none is
	// all. The core remembers the choice as long as the session is open.
	Recipients struct {
		Peers []uint64 `json:"peers"`
	}
	// SetLines sets the lines of a serial port; what is absent stays. The break is sent
	// before the answer comes, for at most 10 s.
	SetLines struct {
		DTR     *bool   `json:"dtr,omitempty"`
		RTS     *bool   `json:"rts,omitempty"`
		BreakMS float64 `json:"break_ms,omitempty"`
	}
	// Ports are the serial ports of the machine of the workbench.
	Ports struct {
		Ports []Port `json:"ports"`
		// Choices are the same for a form: what to fill in, and what it is.
		Choices []Choice `json:"choices"`
	}
	// Choice is what a field of a form may be filled in with.
	Choice struct {
		Value string `json:"value"`
		Label string `json:"label"`
	}
	// Port is one of them: what a session's address names.
	Port struct {
		Name    string   `json:"name"`
		Address string   `json:"address"`          // serial://, then the name
		Driver  string   `json:"driver,omitempty"` // the kernel's word for it
		USB     *USBPort `json:"usb,omitempty"`    // absent for a port that is no USB device
	}
	// USBPort is what a USB device says of itself.
	USBPort struct {
		Vendor      string `json:"vendor"` // four hex digits
		Product     string `json:"product"`
		VendorName  string `json:"vendor_name,omitempty"`
		ProductName string `json:"product_name,omitempty"`
		Serial      string `json:"serial,omitempty"`
	}
	// SetPeer names a peer, "" takes the name away; or it changes options for the peer
	// alone, of those that can be changed while a session is open.
	SetPeer struct {
		Alias   *string  `json:"alias,omitempty"`
		Options *Options `json:"options,omitempty"`
	}
)
