package api

import (
	"sockeye"
	"sockeye/internal/workspace"
)

// What is sent: payloads, once, over and over, and in lists.
type (
	// Payload is bytes as people write them. Prefix and Suffix are text with escapes and
	// fields, whatever Kind and Escapes say: prefix, text, checksum, suffix, line end.
	Payload struct {
		Kind       string    `json:"kind" enum:"text,hex"`
		Text       string    `json:"text"`
		Charset    string    `json:"charset,omitempty"` // "" is UTF-8
		LineEnding string    `json:"line_ending,omitempty" enum:"lf,crlf,cr" alias:"line_end"`
		Escapes    bool      `json:"escapes,omitempty"`
		Checksum   *Checksum `json:"checksum,omitempty"`
		Prefix     string    `json:"prefix,omitempty"`
		Suffix     string    `json:"suffix,omitempty"`
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
		// ChecksumAt is where in Data the checksum begins and ends, if one was asked for.
		ChecksumAt []int `json:"checksum_at,omitempty"`
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
	// Run is a list or a file being sent, and how far it has come. It lives in the core.
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
		Paused  bool               `json:"paused,omitempty"` // a file that waits to go on
		File    *RunFile           `json:"file,omitempty"`   // nil: it is a list
		Error   *sockeye.ErrorLine `json:"error,omitempty"`  // of the latest message
	}
	// RunFile is a file that a run sends to each of the recipients, at a pace of its own.
	RunFile struct {
		Size       int64          `json:"size"`
		Recipients []RunRecipient `json:"recipients"`
	}
	// RunRecipient is how far a file is for one peer: Sent bytes were taken by the kernel,
	// and Acknowledged ones have reached the peer; -1 is unknown.
	RunRecipient struct {
		Peer         uint64             `json:"peer"`
		Sent         int64              `json:"sent"`
		Acknowledged int64              `json:"acknowledged"`
		Running      bool               `json:"running"`
		Error        *sockeye.ErrorLine `json:"error,omitempty"`
	}
	// ChangeRun pauses a file that is being sent, or lets it go on.
	ChangeRun struct {
		Paused bool `json:"paused"`
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
)
