package api

import (
	"sockeye"
	"sockeye/internal/workspace"
)

// How a session answers by rules.
type (
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
	// RuleCount counts how often a rule answered, how often it matched but its cool-down,
	// count, chance or a guard said no, and how often a frame that no rule answered was
	// nearly its: NearMiss says how the last of them differs.
	RuleCount struct {
		Answered uint64 `json:"answered"`
		Skipped  uint64 `json:"skipped"`
		Near     uint64 `json:"near,omitempty"`
		NearMiss string `json:"near_miss,omitempty"`
	}
	// NearMiss says how a frame that no rule answered differs from what a rule waits for.
	NearMiss struct {
		Rule    int    `json:"rule"` // its number, from 1
		Message string `json:"message"`
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
		Network string   `json:"network,omitempty" enum:"tcp,udp,unix,unixgram,unixpacket,serial,ws,tls,dtls,wss,mqtt,mqtts"`
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
		Near    []NearMiss          `json:"near,omitempty"`
		Trouble []sockeye.ErrorLine `json:"trouble,omitempty"`
	}
	// Step is one thing that a rule would do: send data, or end the connection.
	Step struct {
		Rule    int     `json:"rule"` // its number, from 1
		AfterMS float64 `json:"after_ms"`
		To      string  `json:"to,omitempty" enum:"sender,others,all"`
		Data    []byte  `json:"data"`
		Bytes   int     `json:"bytes"`
		End     string  `json:"end,omitempty" enum:"close,abort"`
	}
)
