package api

import "sockeye"

// The boards of a hub. A workbench that is none has none: these routes answer with an
// error then.
type (
	// Boards are the boards that are enrolled at the hub.
	Boards struct {
		Boards []Board `json:"boards"`
	}
	// Board is one of them. Since is when it got into its state.
	Board struct {
		Name     string            `json:"name"` // "plant/press-7"
		State    string            `json:"state" enum:"alive,away,never,revoked,suspended"`
		Since    string            `json:"since"`
		Version  string            `json:"version"`
		Labels   map[string]string `json:"labels"`
		Events   uint64            `json:"events"`   // that the hub has
		Lag      uint64            `json:"lag"`      // events that it does not have yet, and
		LagMS    int64             `json:"lag_ms"`   // how old the first of them is
		ClockMS  int64             `json:"clock_ms"` // by how much its clock is ahead of the hub's
		CanSend  bool              `json:"can_send"` // it sends what the hub asks it to
		Sessions []BoardSession    `json:"sessions"` // those open there
	}
	// BoardSession is a session that is open on a board.
	BoardSession struct {
		ID      string       `json:"id"`
		Mode    sockeye.Mode `json:"mode" enum:"listen,connect"`
		Address string       `json:"address"`
		Peers   int          `json:"peers"`
	}
	// OpenBoards opens a log of what boards do, from SinceMS ago on and with what comes: of
	// those named, or of all.
	OpenBoards struct {
		Boards  []string `json:"boards,omitempty"`
		All     bool     `json:"all,omitempty"`
		SinceMS int64    `json:"since_ms,omitempty"`
	}
	// SendByBoards asks boards to send to who is connected to them: Payload or Data, once, by
	// one session or by all. Boards that are away are waited for.
	SendByBoards struct {
		Boards  []string `json:"boards,omitempty"`
		All     bool     `json:"all,omitempty"`
		Session string   `json:"session,omitempty"`
		Payload *Payload `json:"payload,omitempty"`
		Data    []byte   `json:"data,omitempty"`
		WaitMS  int64    `json:"wait_ms,omitempty"` // 5000 if it is 0
	}
	// SentByBoards is what became of it, and the bytes.
	SentByBoards struct {
		Data    []byte        `json:"data"`
		Results []SentByBoard `json:"results"`
	}
	// SentByBoard is what a board answered.
	SentByBoard struct {
		Board  string             `json:"board"`
		Result string             `json:"result" enum:"delivered,refused,away,expired"`
		Peers  int                `json:"peers"` // that were sent to
		Error  *sockeye.ErrorLine `json:"error,omitempty"`
	}
)
