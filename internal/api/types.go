package api

import (
	"reflect"

	"sockeye"
	"sockeye/internal/workspace"
)

// What crosses the API, as JSON. These structs are the one source: openapi.json
// and web/src/api-types.ts are made of them. A field with omitempty may be
// absent; an enum tag lists the words a field may have. Times are RFC 3339 with
// nanoseconds, in UTC; durations are milliseconds; bytes are base64.
type (
	// Login trades a one-time ticket, the password of a workbench that has one, or the
	// secret of a shared page's link for a token. Exactly one of them is given.
	Login struct {
		Ticket   string `json:"ticket,omitempty"`
		Password string `json:"password,omitempty"`
		View     string `json:"view,omitempty"`
	}
	// Token is the credential of every other request: Authorization: Bearer TOKEN.
	Token struct {
		Token string `json:"token"`
		Role  string `json:"role" enum:"owner,viewer"` // a viewer may only look
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
		Refusals     map[string]uint64 `json:"refusals"`      // requests that were turned away, by check
		Recordings   string            `json:"recordings"`    // the directory that recordings begun here are in
		Hub          bool              `json:"hub,omitempty"` // there are boards to be looked at
	}
	// Interface is a network interface of the machine, the most useful first.
	Interface struct {
		Name      string             `json:"name"`
		Up        bool               `json:"up"`
		Loopback  bool               `json:"loopback"`
		Virtual   bool               `json:"virtual"`
		Addresses []InterfaceAddress `json:"addresses"`
		Groups    []string           `json:"groups,omitempty"` // multicast groups that this machine has joined there
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

	// Failure is the body of every answer that is not 2xx. Also holds the other faults,
	// when a request has several.
	Failure struct {
		sockeye.ErrorLine
		Also []sockeye.ErrorLine `json:"also,omitempty"`
	}
	// Proof answers /proof.
	Proof struct {
		Proof string `json:"proof"` // in hex
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
		reflect.TypeFor[Login](), reflect.TypeFor[Token](), reflect.TypeFor[SetShare](), reflect.TypeFor[Share](), reflect.TypeFor[Ticket](), reflect.TypeFor[Machine](),
		reflect.TypeFor[Sessions](), reflect.TypeFor[Open](), reflect.TypeFor[Peers](), reflect.TypeFor[Reach](), reflect.TypeFor[SetPeer](),
		reflect.TypeFor[Payload](), reflect.TypeFor[Encoded](), reflect.TypeFor[Send](), reflect.TypeFor[SendResults](), reflect.TypeFor[Publish](), reflect.TypeFor[Published](),
		reflect.TypeFor[StartRun](), reflect.TypeFor[Runs](), reflect.TypeFor[ListText](), reflect.TypeFor[Lists](), reflect.TypeFor[ExportList](), reflect.TypeFor[Events](), reflect.TypeFor[Decoders](), reflect.TypeFor[Messages](), reflect.TypeFor[Decode](), reflect.TypeFor[DecodedBytes](), reflect.TypeFor[Protocols](), reflect.TypeFor[Encoders](), reflect.TypeFor[Encode](), reflect.TypeFor[EncodedRequest](), reflect.TypeFor[Pairs](), reflect.TypeFor[Live](),
		reflect.TypeFor[SetComment](), reflect.TypeFor[EventComments](), reflect.TypeFor[Commented](), reflect.TypeFor[SetRecording](), reflect.TypeFor[Recording](), reflect.TypeFor[SetReceiveFile](), reflect.TypeFor[ReceiveFile](),
		reflect.TypeFor[Workspace](), reflect.TypeFor[SetWorkspace](), reflect.TypeFor[WorkspaceText](), reflect.TypeFor[WorkspacePlan](), reflect.TypeFor[OpenWorkspace](),
		reflect.TypeFor[Failure](),
		reflect.TypeFor[SetRules](), reflect.TypeFor[SetLines](), reflect.TypeFor[SetFaults](), reflect.TypeFor[Faults](), reflect.TypeFor[HeldMessages](), reflect.TypeFor[Decide](), reflect.TypeFor[Ports](), reflect.TypeFor[Upstream](), reflect.TypeFor[Rules](), reflect.TypeFor[TryRules](), reflect.TypeFor[Tried](), reflect.TypeFor[Health](),
		reflect.TypeFor[SetRules](), reflect.TypeFor[SetLines](), reflect.TypeFor[Ports](), reflect.TypeFor[Upstream](), reflect.TypeFor[Rules](), reflect.TypeFor[TryRules](), reflect.TypeFor[Tried](), reflect.TypeFor[Health](), reflect.TypeFor[Diagnosis](),
		reflect.TypeFor[DoctorCode](), reflect.TypeFor[Glossary](), reflect.TypeFor[Sample](), reflect.TypeFor[ShareDiagnosis](), reflect.TypeFor[SharedDiagnosis](),
		reflect.TypeFor[SeriesPage](), reflect.TypeFor[HistogramPage](), reflect.TypeFor[XYPage](), reflect.TypeFor[Triggers](),
		reflect.TypeFor[RecordFiles](), reflect.TypeFor[OpenRecording](), reflect.TypeFor[OpenedRecording](),
		reflect.TypeFor[Boards](), reflect.TypeFor[OpenBoards](), reflect.TypeFor[SendByBoards](), reflect.TypeFor[SentByBoards](),
		reflect.TypeFor[Program](), reflect.TypeFor[Found](),
	}
}

// TypeName is the name of a struct outside the program.
func TypeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[sockeye.ErrorLine]():
		return "ErrorLine"
	case reflect.TypeFor[sockeye.AttemptLine]():
		return "Attempt"
	case reflect.TypeFor[sockeye.Translation]():
		return "Translation"
	case reflect.TypeFor[sockeye.LostLine]():
		return "Lost"
	case reflect.TypeFor[sockeye.FaultLine]():
		return "FaultLine"
	case reflect.TypeFor[sockeye.TCPLine]():
		return "TCPSample"
	case reflect.TypeFor[workspace.File]():
		return "WorkspaceFile"
	case reflect.TypeFor[workspace.Endpoint]():
		return "SavedEndpoint"
	case reflect.TypeFor[workspace.Payload]():
		return "SavedPayload"
	}
	return t.Name()
}
