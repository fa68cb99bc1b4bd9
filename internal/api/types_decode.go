package api

import "sockeye/internal/query"

// Messages of protocols.
type (
	// Decoders are the protocols that messages can be decoded of. Auto chooses one of
	// them for each message.
	Decoders struct {
		Decoders []Decoder `json:"decoders"`
	}
	// Decoder is one of them. Frame is how its messages are found in a stream.
	Decoder struct {
		Name   string   `json:"name"`
		Title  string   `json:"title"`
		Source string   `json:"source,omitempty"` // the document that defines it
		Frame  string   `json:"frame"`
		Ports  []uint16 `json:"ports,omitempty"` // registered for it
	}
	// Messages are the frames that end by an event, decoded. Frames that are no message of
	// the protocol are among them without a tree. Open are those that no event has ended
	// yet.
	Messages struct {
		Messages []DecodedFrame `json:"messages"`
		LeftOut  int            `json:"left_out,omitempty"`
	}
	// DecodedFrame is a frame and what it says. The bytes of the tree's nodes count in
	// the frame's data; or, with InBody, in its body, which is not a part of its data as
	// it is.
	DecodedFrame struct {
		Frame  Frame              `json:"frame"`
		InBody bool               `json:"in_body,omitempty"`
		Open   bool               `json:"open,omitempty"` // no event has ended it yet
		Tree   *query.MessageLine `json:"tree,omitempty"`
	}
	// Decode asks what bytes are: of a payload as it would be sent, or as they are. Decode
	// is the name of a decoder; "" is auto.
	Decode struct {
		Decode  string   `json:"decode,omitempty"`
		Payload *Payload `json:"payload,omitempty"`
		Data    []byte   `json:"data,omitempty"`
	}
	// DecodedBytes are messages one after the other. Left counts the bytes after them that
	// are none.
	DecodedBytes struct {
		Data     []byte              `json:"data"`
		Messages []query.MessageLine `json:"messages"`
		Left     int                 `json:"left"`
	}
	// Protocols are what the peers of a session may speak, the likeliest first.
	Protocols struct {
		Protocols []Protocol `json:"protocols"`
	}
	// Protocol is what one direction of a peer looks like. Score is how sure that is, from
	// 1 to 100; Size is the length of its messages, if all have the same.
	Protocol struct {
		PeerID    uint64 `json:"peer_id"`
		Direction string `json:"direction" enum:"received,sent"`
		Decode    string `json:"decode"` // the name of the decoder
		Title     string `json:"title"`
		Summary   string `json:"summary"`
		Score     int    `json:"score"`
		Messages  int    `json:"messages"`
		Size      int    `json:"size,omitempty"`
	}
	// Pairs are requests and their answers, of all peers together and of each. Requests that
	// wait for an answer are Missing once the time-out is over. The events from From on were
	// looked at; Done is false if there was more than one request may look at.
	Pairs struct {
		All       query.PairCounts     `json:"all"`
		Latency   query.Latency        `json:"latency"`
		Histogram []query.LatencyBar   `json:"histogram"`
		Peers     []query.PeerPairs    `json:"peers"`
		Sequences []query.SequenceLine `json:"sequences,omitempty"`
		LeftOut   int                  `json:"left_out,omitempty"`
		From      uint64               `json:"from"`
		Done      bool                 `json:"done"`
	}
)
