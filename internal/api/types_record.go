package api

import "sockeye"

// What happened: events and frames, the live feed, recordings.
type (
	// RecordFiles are the recordings and captures that can be opened to be looked at, the
	// newest first: those in the directory of recordings.
	RecordFiles struct {
		Files []RecordFile `json:"files"`
	}
	// RecordFile is one of them.
	RecordFile struct {
		Name     string `json:"name"`
		Bytes    int64  `json:"bytes"`
		Modified string `json:"modified"` // when it was last written
	}
	// OpenRecording names a recording in the directory of recordings.
	OpenRecording struct {
		Name string `json:"name"`
	}
	// OpenedRecording is a recording that is looked at. Its sessions, of which those with the
	// most events are here, are closed ones; their events are asked for with their id as
	// session.
	OpenedRecording struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		Events   uint64    `json:"events"`
		Sessions []Session `json:"sessions"`
		LeftOut  int       `json:"left_out,omitempty"` // sessions with fewer events
		Damages  int       `json:"damages,omitempty"`  // places that could not be read
		Cut      bool      `json:"cut,omitempty"`      // there is more of it than 1 GiB, which is not here
	}
	// OpenedIn is the recording that a session is of, with the numbers of its first event and
	// of the one after its last. A live one is a log of a hub's boards, and grows.
	OpenedIn struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Oldest uint64 `json:"oldest"`
		Next   uint64 `json:"next"`
		Live   bool   `json:"live,omitempty"`
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
		// Values are what the specs in the parameter fields read in its content.
		Values []FrameValue `json:"values,omitempty"`
		// Message is what the decoder in the parameter decode says it is.
		Message *FrameMessage `json:"message,omitempty"`
	}
	// FrameMessage is a frame as a message of a protocol, in one line;
	// /events/{seq}/messages has its fields.
	FrameMessage struct {
		Protocol string `json:"protocol"`
		Summary  string `json:"summary"`
		Faulty   bool   `json:"faulty,omitempty"` // something is wrong in it
		Role     string `json:"role,omitempty" enum:"request,response,one-way"`
		Key      string `json:"key,omitempty"` // what it has in common with its answer
	}
	// FrameValue is a named value of a frame. From and To are the bytes of the frame's
	// content that it was read from.
	FrameValue struct {
		Name   string   `json:"name"`
		Text   string   `json:"text"`             // as people read it
		Number *float64 `json:"number,omitempty"` // if it is one that JSON can say
		Unit   string   `json:"unit,omitempty"`
		From   int      `json:"from"`
		To     int      `json:"to"`
	}

	// Live is one line of the live feed: what has changed since the line before. The
	// first line has everything but peers, which are those with an open session.
	Live struct {
		Oldest    uint64     `json:"oldest"`
		Next      uint64     `json:"next"`
		Sessions  []Session  `json:"sessions,omitempty"`
		Peers     []Peer     `json:"peers,omitempty"` // a peer with state gone has left
		Recording *Recording `json:"recording,omitempty"`
		Sharing   *Sharing   `json:"sharing,omitempty"` // for the owner
		// Comments are those that changed; one without text was removed. First come all there are.
		Comments []EventComment    `json:"comments,omitempty"`
		Gap      *sockeye.LostLine `json:"gap,omitempty"`    // events that are gone before this reader was told of them
		Closed   []string          `json:"closed,omitempty"` // sessions that were removed from the list
		Ended    bool              `json:"ended,omitempty"`  // the workbench ends; no line follows
	}

	// SetComment is what to write on an event: one line of at most 500 characters. ★ is a
	// bookmark; without text the comment is taken away.
	SetComment struct {
		Text string `json:"text"`
	}
	// EventComment is what somebody wrote on an event.
	EventComment struct {
		Seq     uint64 `json:"seq"` // of the event
		Session string `json:"session"`
		Kind    string `json:"kind"` // of the event
		PeerID  uint64 `json:"peer_id,omitempty"`
		Peer    string `json:"peer,omitempty"`
		Alias   string `json:"alias,omitempty"`
		Text    string `json:"text"` // "": it was taken away
	}
	// EventComments are in the order of the events.
	EventComments struct {
		Comments []EventComment `json:"comments"`
	}
	// Commented is what became of a comment: it is in a recording, or lives as long as the event
	// can be read. Why says why it is in none, where one might expect it.
	Commented struct {
		EventComment
		Kept string             `json:"kept" enum:"recording,memory"`
		Why  *sockeye.ErrorLine `json:"why,omitempty"`
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
)
