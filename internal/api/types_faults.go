package api

// What goes wrong between the two sides of a relay, and the messages that wait for
// somebody.
type (
	// SetFaults puts other faults between the two sides of a relay.
	SetFaults struct {
		Faults []string `json:"faults"`          // each as in docs/relay.md: latency 100ms to upstream 30%
		Frame  string   `json:"frame,omitempty"` // how streams are cut into messages for them; absent: as they are read
		// For is how long they last, a time such as 1h, or ever. Absent: 15m; as they are set
		// with the opening of a relay, ever.
		For string `json:"for,omitempty"`
	}
	// Faults are those that are set.
	Faults struct {
		Faults []Fault `json:"faults"`
		Frame  string  `json:"frame,omitempty"`
		Since  string  `json:"since,omitempty"` // schedules count from here; absent without faults
		Until  string  `json:"until,omitempty"` // when they end by themselves; absent: they do not
	}
	// Fault is one of them.
	Fault struct {
		Fault string `json:"fault"` // as it may be set again, with its seed
		Kind  string `json:"kind"`
		Hits  uint64 `json:"hits"` // messages and connections that it has hit
	}

	// HeldMessages are the messages that wait, in the order in which they began to.
	HeldMessages struct {
		Held []HeldMessage `json:"held"`
	}
	// HeldMessage is a message that is not passed on until somebody says so.
	HeldMessage struct {
		Number    uint64 `json:"number"`
		Peer      uint64 `json:"peer"` // who sent it, of Session
		Session   string `json:"session"`
		Direction string `json:"direction" enum:"to upstream,from upstream"`
		Fault     string `json:"fault"`  // which holds it
		Offset    uint64 `json:"offset"` // in all that the peer sent
		Bytes     int    `json:"bytes"`
		Data      []byte `json:"data"`            // the first 64 KiB
		Until     string `json:"until,omitempty"` // when it goes on by itself; absent: never
	}
	// Decide says what to do with a message that is held.
	Decide struct {
		Decision string   `json:"decision" enum:"release,edit,discard"`
		Payload  *Payload `json:"payload,omitempty"` // what it becomes: edit, without Data
		Data     []byte   `json:"data,omitempty"`    // the same as bytes
	}
)
