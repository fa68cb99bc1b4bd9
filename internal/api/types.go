package api

import (
	"reflect"

	"sockeye"
	"sockeye/internal/rule"
	"sockeye/internal/workspace"
)

// What crosses the API, as JSON. These structs are the one source: openapi.json
// and web/src/api-types.ts are made of them. A field with omitempty may be
// absent; an enum tag lists the words a field may have. Times are RFC 3339 with
// nanoseconds, in UTC; durations are milliseconds; bytes are base64.
type (
	// Login trades a one-time ticket, or the password of a workbench that has one,
	// for a token. Exactly one of them is given.
	Login struct {
		Ticket   string `json:"ticket,omitempty"`
		Password string `json:"password,omitempty"`
	}
	// Token is the credential of every other request: Authorization: Bearer TOKEN.
	Token struct {
		Token string `json:"token"`
	}
	// Ticket opens one more page: it is part of the URL, and is good once, for a minute.
	Ticket struct {
		Ticket string `json:"ticket"`
		URL    string `json:"url"`
	}

	// Machine is where the core runs.
	Machine struct {
		Version      string            `json:"version"`
		OS           string            `json:"os"`
		Arch         string            `json:"arch"`
		Language     sockeye.Lang      `json:"language" enum:"en,zh"`
		Interfaces   []Interface       `json:"interfaces"`
		BoardAddress string            `json:"board_address"` // of this machine, for a board in the same network
		Experiment   Experiment        `json:"experiment"`
		Refusals     map[string]uint64 `json:"refusals"`   // requests that were turned away, by check
		Recordings   string            `json:"recordings"` // the directory that recordings begun here are in
	}
	// Interface is a network interface of the machine, the most useful first.
	Interface struct {
		Name      string             `json:"name"`
		Up        bool               `json:"up"`
		Loopback  bool               `json:"loopback"`
		Virtual   bool               `json:"virtual"`
		Addresses []InterfaceAddress `json:"addresses"`
	}
	// InterfaceAddress is an address as one types it, with its zone if it needs one.
	InterfaceAddress struct {
		Address string `json:"address"`
		Family  int    `json:"family"` // 4 or 6
		Scope   string `json:"scope" enum:"private,global,shared,link-local,loopback"`
	}
	// Experiment is what a board types to reach a server on Port of this machine.
	Experiment struct {
		Port         uint16        `json:"port"`
		CommandLines []CommandLine `json:"command_lines"`
	}
	// CommandLine is one program's way to play the board.
	CommandLine struct {
		Label string `json:"label"`
		Line  string `json:"line"`
	}

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
	}
	// Device lets the session play the experiment's board.
	Device struct {
		Hello      string   `json:"hello"`
		IntervalMS *float64 `json:"interval_ms,omitempty"`
	}
	// Options are sockeye.Options; what is absent has its default.
	Options struct {
		Sources             []string        `json:"sources,omitempty"`
		SourcePort          uint16          `json:"source_port,omitempty"`
		Interface           string          `json:"interface,omitempty"`
		Prefer              int             `json:"prefer,omitempty"`
		Backlog             int             `json:"backlog,omitempty"`
		MaxPeers            int             `json:"max_peers,omitempty"`
		OverCap             sockeye.OverCap `json:"over_cap,omitempty" enum:"refuse,pause"`
		ReuseAddress        *bool           `json:"reuse_address,omitempty"`
		ReusePort           *bool           `json:"reuse_port,omitempty"`
		NoDelay             *bool           `json:"no_delay,omitempty"`
		KeepAlive           *bool           `json:"keepalive,omitempty"`
		KeepAliveIdleMS     float64         `json:"keepalive_idle_ms,omitempty"`
		KeepAliveIntervalMS float64         `json:"keepalive_interval_ms,omitempty"`
		KeepAliveCount      int             `json:"keepalive_count,omitempty"`
		UserTimeoutMS       float64         `json:"user_timeout_ms,omitempty"`
		ReceiveBuffer       int             `json:"receive_buffer,omitempty"`
		SendBuffer          int             `json:"send_buffer,omitempty"`
		ReadSize            int             `json:"read_size,omitempty"`
		Broadcast           *bool           `json:"broadcast,omitempty"`
		KernelTime          *bool           `json:"kernel_time,omitempty"`
		ConnectTimeoutMS    float64         `json:"connect_timeout_ms,omitempty"`
		SendTimeoutMS       float64         `json:"send_timeout_ms,omitempty"`
		IdleTimeoutMS       float64         `json:"idle_timeout_ms,omitempty"`
		FinIdleMS           float64         `json:"fin_idle_ms,omitempty"`
		Reconnect           bool            `json:"reconnect,omitempty"`
		SelfConnect         *bool           `json:"self_connect,omitempty"`
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
		Network string             `json:"network" enum:"tcp,tcp4,tcp6,udp,udp4,udp6"`
		Address string             `json:"address"` // what was asked for, as a URL
		Locals  []string           `json:"locals"`  // what is really bound
		State   string             `json:"state" enum:"open,connecting,closed"`
		Reason  sockeye.Reason     `json:"reason,omitempty" enum:"eof,reset,timeout,local,aborted,idle,limit,error"`
		Since   string             `json:"since"`
		Until   string             `json:"until,omitempty"` // when it closed
		Peers   int                `json:"peers"`           // that are there now
		Echo    bool               `json:"echo,omitempty"`
		Device  bool               `json:"device,omitempty"`
		Rules   int                `json:"rules,omitempty"` // so many answer now
		Queue   *Queue             `json:"queue,omitempty"`
		Error   *sockeye.ErrorLine `json:"error,omitempty"` // why it closed
		File    *ReceiveFile       `json:"file,omitempty"`  // what is received goes there, too, or did last
		Name    string             `json:"name,omitempty"`  // of the endpoint in the workspace, if it was opened from there
		Frame   string             `json:"frame,omitempty"` // how that endpoint's frames are found, and
		Check   string             `json:"check,omitempty"` // the checksum they end with
		// Remote is what a UDP session was last told to send to, as it was typed, and
		// Broadcast says that this may be everybody.
		Remote    string `json:"remote,omitempty"`
		Broadcast bool   `json:"broadcast,omitempty"`
		Traffic
	}
	// Queue is the kernel's queue of connections not yet accepted.
	Queue struct {
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
		Network string            `json:"network" enum:"tcp,udp"`
		Local   string            `json:"local"`
		Remote  string            `json:"remote"`
		Alias   string            `json:"alias"`
		State   sockeye.PeerState `json:"state" enum:"connected,peer-finished,we-finished,gone"`
		Since   string            `json:"since"`
		Unsent  int               `json:"unsent"` // not yet acknowledged; -1: the system does not tell
		TCP     *TCP              `json:"tcp,omitempty"`
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
	}
	// Reach makes a peer of whoever is at an address, "192.168.1.88:10000" or with a
	// name for the host, so that a UDP session can send there first.
	Reach struct {
		Address string `json:"address"`
	}
	// Alias names a peer; "" takes the name away.
	Alias struct {
		Alias string `json:"alias"`
	}

	// Payload is bytes as people write them.
	Payload struct {
		Kind       string    `json:"kind" enum:"text,hex"`
		Text       string    `json:"text"`
		Charset    string    `json:"charset,omitempty"` // "" is UTF-8
		LineEnding string    `json:"line_ending,omitempty" enum:"lf,crlf,cr"`
		Escapes    bool      `json:"escapes,omitempty"`
		Checksum   *Checksum `json:"checksum,omitempty"`
	}
	// Checksum is appended to a payload. It is of the bytes from From up to To, exclusive;
	// To 0 is the end, and a negative one counts from there. Name may also be all that is
	// said of it, as in a workspace: "xor8(1..-1):HEX".
	Checksum struct {
		Name  string `json:"name"`
		From  int    `json:"from,omitempty"`
		To    int    `json:"to,omitempty"`
		Order string `json:"order,omitempty" enum:"big,little"` // "" is the checksum's own
	}
	// Encoded is what a payload means.
	Encoded struct {
		Data  []byte `json:"data"`
		Bytes int    `json:"bytes"`
	}
	// Send is what to send to whom: To or All, and Payload, Data or a Row of a list, once.
	// A Row that names peers goes to those.
	Send struct {
		To      []uint64       `json:"to,omitempty"`
		All     bool           `json:"all,omitempty"`
		Payload *Payload       `json:"payload,omitempty"`
		Data    []byte         `json:"data,omitempty"`
		Row     *workspace.Row `json:"row,omitempty"`
	}
	// SendResults are one for each peer, and the bytes that were to be sent to the
	// first: fields of a payload may differ from peer to peer.
	SendResults struct {
		Results []SendResult `json:"results"`
		Data    []byte       `json:"data"`
	}
	// SendResult says how many bytes the kernel took for a peer.
	SendResult struct {
		Peer  uint64             `json:"peer"`
		Bytes int                `json:"bytes"`
		Error *sockeye.ErrorLine `json:"error,omitempty"`
	}
	// StartRun begins to send a List, or one Payload or Data again and again. Rows that
	// name no peers go to To or, with All, each time to those who are there then.
	StartRun struct {
		To      []uint64        `json:"to,omitempty"`
		All     bool            `json:"all,omitempty"`
		Name    string          `json:"name,omitempty"` // of the list, for people
		List    *workspace.List `json:"list,omitempty"`
		Payload *Payload        `json:"payload,omitempty"`
		Data    []byte          `json:"data,omitempty"`
		EveryMS float64         `json:"every_ms,omitempty"` // from one Payload or Data to the next
		Times   int             `json:"times,omitempty"`    // how many of them; 0 is until it is stopped
	}
	// Runs are those of a session that run, or ended last, in the order they began.
	Runs struct {
		Runs []Run `json:"runs"`
	}
	// Run is a list being sent, and how far it has come. It lives in the core.
	Run struct {
		ID      string   `json:"id"`
		Session string   `json:"session"`
		Name    string   `json:"name"`
		To      []uint64 `json:"to"`
		All     bool     `json:"all"`
		Rows    int      `json:"rows"`
		Times   int      `json:"times"`    // that the list is sent; 0 is for ever
		EveryMS float64  `json:"every_ms"` // from one message to the next, of a list of one row

		Total    int     `json:"total"` // messages in all; 0 without end
		Steps    uint64  `json:"steps"` // that are over
		Row      int     `json:"row"`   // of the latest message, from 0, as are round and repeat
		Round    int     `json:"round"`
		Repeat   int     `json:"repeat"`
		Messages uint64  `json:"messages"` // sent; one to two peers counts twice
		Bytes    uint64  `json:"bytes"`
		Failed   uint64  `json:"failed"`  // that one peer did not get
		Skipped  uint64  `json:"skipped"` // steps for which no peer was there
		MeanLate float64 `json:"mean_late_ms"`
		MostLate float64 `json:"most_late_ms"`
		Delayed  uint64  `json:"delayed"` // times that a send took so long that the rest was put off

		Running bool               `json:"running"`
		Error   *sockeye.ErrorLine `json:"error,omitempty"` // of the latest message
	}
	// ListText is lists as text: a workspace file, or a table with one list, which
	// becomes Name.
	ListText struct {
		Name   string `json:"name,omitempty"`
		Format string `json:"format" enum:"toml,csv"`
		Text   string `json:"text"`
	}
	// Lists are lists by name. Saved payloads are written out in them.
	Lists struct {
		Lists map[string]workspace.List `json:"lists"`
	}
	// ExportList asks for a list as ListText.
	ExportList struct {
		Name   string         `json:"name"`
		Format string         `json:"format" enum:"toml,csv"`
		List   workspace.List `json:"list"`
	}

	// RuleSet is rules with all that they need to answer a session by themselves; see
	// the manual for its words. Times are texts: "500ms", "100ms..300ms".
	RuleSet = workspace.RuleSet
	// SetRules lets rules answer a session from now on, in place of those it had. Off
	// keeps them without effect.
	SetRules struct {
		Off bool `json:"off,omitempty"`
		RuleSet
	}
	// Rules is how a session answers by rules.
	Rules struct {
		Off bool `json:"off,omitempty"`
		RuleSet
		Counts []RuleCount     `json:"counts"` // of each rule, in order; none while they are off
		States []PeerRuleState `json:"states"` // if the rules have more than one state
		More   int             `json:"more"`   // peers whose state is left out
	}
	// RuleCount counts how often a rule answered, and how often it matched but its
	// cool-down, count, chance or a guard said no.
	RuleCount struct {
		Answered uint64 `json:"answered"`
		Skipped  uint64 `json:"skipped"`
	}
	// PeerRuleState is the state that the rules have brought a peer into.
	PeerRuleState struct {
		Peer  uint64 `json:"peer"`
		State string `json:"state"`
		Since string `json:"since"`
	}
	// TryRules asks what rules would answer; nothing is sent. They are tried on a
	// message (Payload or Data) of a peer that has just joined, or with State of one in
	// that state; or on what a session received, in the events from From up to To,
	// exclusive and 0 for now, of one peer or all.
	TryRules struct {
		RuleSet
		Payload *Payload `json:"payload,omitempty"`
		Data    []byte   `json:"data,omitempty"`
		Network string   `json:"network,omitempty" enum:"tcp,udp"`
		State   *string  `json:"state,omitempty"`
		Session string   `json:"session,omitempty"`
		From    uint64   `json:"from,omitempty"`
		To      uint64   `json:"to,omitempty"`
		Peer    uint64   `json:"peer,omitempty"`
		Seed    uint64   `json:"seed,omitempty"` // of chances and ranges of times
	}
	// Tried is what rules would do. The work of one request is bounded: if Done is
	// false, ScannedTo is the event to go on from, and Left counts the frames before it
	// that were left out.
	Tried struct {
		Occasions []Occasion  `json:"occasions"`
		Counts    []RuleCount `json:"counts"`
		Left      int         `json:"left"`
		ScannedTo uint64      `json:"scanned_to"`
		Done      bool        `json:"done"`
	}
	// Occasion is something that rules were tried on. Data is cut at 1 KiB, Bytes is
	// its true length; no rule is asked of what is no frame or has a wrong checksum.
	Occasion struct {
		On      string              `json:"on" enum:"frame,join,time"`
		Peer    uint64              `json:"peer"`
		Time    string              `json:"time,omitempty"` // in a record
		Seq     uint64              `json:"seq,omitempty"`  // the event in which the frame ends
		Data    []byte              `json:"data"`
		Bytes   int                 `json:"bytes"`
		Mark    string              `json:"mark,omitempty" enum:"whole,garbage,oversize,incomplete"`
		Check   string              `json:"check,omitempty" enum:"right,wrong"`
		Rules   []int               `json:"rules"` // the numbers of those that answer, from 1
		Steps   []Step              `json:"steps"`
		State   string              `json:"state"` // the peer's afterwards
		Trouble []sockeye.ErrorLine `json:"trouble,omitempty"`
	}
	// Step is one thing that a rule would do: send data, or end the connection.
	Step struct {
		Rule    int      `json:"rule"` // its number, from 1
		AfterMS float64  `json:"after_ms"`
		To      rule.To  `json:"to,omitempty" enum:"sender,others,all"`
		Data    []byte   `json:"data"`
		Bytes   int      `json:"bytes"`
		End     rule.End `json:"end,omitempty" enum:"close,abort"`
	}

	// Events is a window of the journal, in order of number. ScannedTo is the number
	// to ask from next, forward or back, if Done is false: the scan of one request is
	// bounded, and there may be more.
	Events struct {
		Events    []EventLine `json:"events"`
		Oldest    uint64      `json:"oldest"` // the first event that can be read
		Next      uint64      `json:"next"`   // the number the next event will get
		ScannedTo uint64      `json:"scanned_to"`
		Done      bool        `json:"done"` // everything there was on that side was looked at
		Cut       *Cut        `json:"cut,omitempty"`
	}
	// EventLine is an event as in a line of --json. Data is cut at 64 KiB; Bytes is the
	// true length, and /events/{seq}/data has all of it. When frames are asked for, there
	// is no data, but the frames that end by this event, and data events in which none
	// ends are left out.
	EventLine struct {
		sockeye.EventLine
		Frames        []Frame `json:"frames,omitempty"`
		FramesLeftOut int     `json:"frames_left_out,omitempty"` // more that end here, beyond what one event may have
	}
	// Cut is how the frames of a window were found. Streams are cut from the event From
	// on: one that was there before is cut from its middle. To is how far they are cut
	// now; while that is before the window, ask again. Open is what no event has ended
	// yet, if the window reaches the end of the journal: for each stream its last event,
	// with pieces that are a frame by now, since nothing came for long enough, or may
	// become one.
	Cut struct {
		From        uint64      `json:"from"`
		To          uint64      `json:"to"`
		Open        []EventLine `json:"open,omitempty"`
		OpenLeftOut int         `json:"open_left_out,omitempty"`
		DueMS       float64     `json:"due_ms,omitempty"` // until another of them is a frame if nothing comes
	}
	// Frame is a frame, or a piece of a stream that is none. Data is cut at 64 KiB, and of
	// Cuts the first 64 are given: Bytes and Chunks are the true numbers. The content is
	// all of it, or from BodyAt[0] up to BodyAt[1], or, unescaped, Body.
	Frame struct {
		Direction string `json:"direction" enum:"received,sent"`
		PeerID    uint64 `json:"peer_id,omitempty"` // if the event is not of its peer
		Peer      string `json:"peer,omitempty"`    // the same
		Seq       uint64 `json:"seq"`               // the event in which it begins
		LastSeq   uint64 `json:"last_seq"`          // the one with its last byte
		Time      string `json:"time"`              // of its first byte
		End       string `json:"end"`               // of its last
		Offset    uint64 `json:"offset"`            // bytes of its stream before it, as far as that was cut
		Bytes     int    `json:"bytes"`
		Data      []byte `json:"data"`
		BodyAt    []int  `json:"body_at,omitempty"`
		Body      []byte `json:"body,omitempty"`
		Mark      string `json:"mark" enum:"whole,garbage,oversize,incomplete,open"`
		Check     string `json:"check,omitempty" enum:"right,wrong"` // of the checksum; absent if nobody asked, or it is no frame
		Chunks    int    `json:"chunks"`
		Cuts      []int  `json:"cuts,omitempty"` // where in it another chunk begins
	}

	// Live is one line of the live feed: what has changed since the line before. The
	// first line has everything but peers, which are those with an open session.
	Live struct {
		Oldest    uint64            `json:"oldest"`
		Next      uint64            `json:"next"`
		Sessions  []Session         `json:"sessions,omitempty"`
		Peers     []Peer            `json:"peers,omitempty"` // a peer with state gone has left
		Recording *Recording        `json:"recording,omitempty"`
		Gap       *sockeye.LostLine `json:"gap,omitempty"`    // events that are gone before this reader was told of them
		Closed    []string          `json:"closed,omitempty"` // sessions that were removed from the list
		Ended     bool              `json:"ended,omitempty"`  // the workbench ends; no line follows
	}

	// SetRecording begins or ends recording. Path is one plain name in the machine's
	// directory of recordings; "" is a name made of the date.
	SetRecording struct {
		On   bool   `json:"on"`
		Path string `json:"path,omitempty"`
		Sync string `json:"sync,omitempty" enum:"relaxed,always"`
	}
	// Recording is how recording is.
	Recording struct {
		State  string             `json:"state" enum:"on,paused,off"`
		Path   string             `json:"path"` // the file being written
		Events uint64             `json:"events"`
		Bytes  uint64             `json:"bytes"`
		Lost   sockeye.LostLine   `json:"lost"`
		Error  *sockeye.ErrorLine `json:"error,omitempty"`
	}

	// SetReceiveFile begins or ends writing the bytes that a session receives, of one
	// peer or, with 0, of all in the order they came, to a new file. Path is one plain
	// name in the machine's directory of recordings; "" is a name made of the date.
	SetReceiveFile struct {
		On   bool   `json:"on"`
		Path string `json:"path,omitempty"`
		Peer uint64 `json:"peer,omitempty"`
	}
	// ReceiveFile is how a session's receiving to a file is. Lost counts what left the
	// memory before it was written.
	ReceiveFile struct {
		State string             `json:"state" enum:"on,off"`
		Path  string             `json:"path"`
		Peer  uint64             `json:"peer,omitempty"`
		Bytes uint64             `json:"bytes"`
		Lost  sockeye.LostLine   `json:"lost"`
		Error *sockeye.ErrorLine `json:"error,omitempty"`
	}

	// Workspace is what a person keeps from one day to the next: a TOML file. Text is
	// all of it, and File what it says. Stamp is this state of it: whoever changes the
	// file, or opens what it says, gives the stamp of what was read.
	Workspace struct {
		Path  string         `json:"path"` // "" keeps it as long as the workbench runs
		Stamp string         `json:"stamp"`
		Text  string         `json:"text"`
		File  workspace.File `json:"file"`
		// Plan is what each endpoint of the file will do when it is opened.
		Plan []Planned `json:"plan"`
		// Faults are what is wrong with the text; there are no file and no plan then.
		Faults []sockeye.ErrorLine `json:"faults,omitempty"`
	}
	// Planned is what an endpoint will do, in words.
	Planned struct {
		Name  string   `json:"name"`
		Lines []string `json:"lines"`
	}
	// SetWorkspace keeps Text as it is, or writes File into the text that is there; it is
	// refused with a conflict if Stamp is no longer that of the file.
	SetWorkspace struct {
		Stamp string          `json:"stamp"`
		Text  *string         `json:"text,omitempty"`
		File  *workspace.File `json:"file,omitempty"`
	}
	// WorkspaceText is a text that is not kept yet.
	WorkspaceText struct {
		Text string `json:"text"`
	}
	// WorkspacePlan is what a text says, and what its endpoints would do.
	WorkspacePlan struct {
		File workspace.File `json:"file"`
		Plan []Planned      `json:"plan"`
	}
	// OpenWorkspace opens an endpoint of the workspace, or All.
	OpenWorkspace struct {
		Stamp    string `json:"stamp"`
		Endpoint string `json:"endpoint,omitempty"`
		All      bool   `json:"all,omitempty"`
	}

	// Failure is the body of every answer that is not 2xx. Also holds the other faults,
	// when a request has several.
	Failure struct {
		sockeye.ErrorLine
		Also []sockeye.ErrorLine `json:"also,omitempty"`
	}
	// Health answers /healthz.
	Health struct {
		OK bool `json:"ok"`
	}
	// None is the body of a request or answer without content: {}.
	None struct{}
)

// Types are all of the above, for those who make other descriptions of them.
func Types() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[Login](), reflect.TypeFor[Token](), reflect.TypeFor[Ticket](), reflect.TypeFor[Machine](),
		reflect.TypeFor[Sessions](), reflect.TypeFor[Open](), reflect.TypeFor[Peers](), reflect.TypeFor[Reach](), reflect.TypeFor[Alias](),
		reflect.TypeFor[Payload](), reflect.TypeFor[Encoded](), reflect.TypeFor[Send](), reflect.TypeFor[SendResults](),
		reflect.TypeFor[StartRun](), reflect.TypeFor[Runs](), reflect.TypeFor[ListText](), reflect.TypeFor[Lists](), reflect.TypeFor[ExportList](), reflect.TypeFor[Events](), reflect.TypeFor[Live](),
		reflect.TypeFor[SetRecording](), reflect.TypeFor[Recording](), reflect.TypeFor[SetReceiveFile](), reflect.TypeFor[ReceiveFile](),
		reflect.TypeFor[Workspace](), reflect.TypeFor[SetWorkspace](), reflect.TypeFor[WorkspaceText](), reflect.TypeFor[WorkspacePlan](), reflect.TypeFor[OpenWorkspace](),
		reflect.TypeFor[Failure](),
		reflect.TypeFor[SetRules](), reflect.TypeFor[Rules](), reflect.TypeFor[TryRules](), reflect.TypeFor[Tried](), reflect.TypeFor[Health](),
	}
}

// TypeName is the name of a struct outside the program.
func TypeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[sockeye.ErrorLine]():
		return "ErrorLine"
	case reflect.TypeFor[sockeye.AttemptLine]():
		return "Attempt"
	case reflect.TypeFor[sockeye.LostLine]():
		return "Lost"
	case reflect.TypeFor[workspace.File]():
		return "WorkspaceFile"
	case reflect.TypeFor[workspace.Endpoint]():
		return "SavedEndpoint"
	case reflect.TypeFor[workspace.Payload]():
		return "SavedPayload"
	}
	return t.Name()
}
