package api

// Requests that are filled in.
type (
	// Encoders are the protocols that there is a form for.
	Encoders struct {
		Encoders []Encoder `json:"encoders"`
	}
	// Encoder is a form for requests of a protocol. Its name is that of the decoder which
	// reads them. The first of its fields is a choice; the others may be for some of its
	// values only.
	Encoder struct {
		Name   string         `json:"name"`
		Title  string         `json:"title"`
		Source string         `json:"source,omitempty"` // the document that defines it
		Ports  []uint16       `json:"ports,omitempty"`  // registered for it
		Fields []EncoderField `json:"fields"`
	}
	// EncoderField is one thing to fill in. A name may come several times, each for other
	// values of the first field (For). Numbers are decimal or hex with 0x, from Least to Most; several
	// have spaces between them, and Length says how many there may be. Of a text, Length is
	// how many bytes it may have.
	EncoderField struct {
		Name     string          `json:"name"`
		Title    string          `json:"title"`
		Hint     string          `json:"hint,omitempty"`
		Kind     string          `json:"kind" enum:"choice,number,numbers,text"`
		Choices  []EncoderChoice `json:"choices,omitempty"`
		Least    int             `json:"least"`
		Most     int             `json:"most"`
		Length   int             `json:"length,omitempty"`
		Default  string          `json:"default,omitempty"` // of a field that is left out
		Optional bool            `json:"optional,omitempty"`
		For      []string        `json:"for,omitempty"` // none is all
	}
	// EncoderChoice is one value of a choice.
	EncoderChoice struct {
		Value string `json:"value"`
		Title string `json:"title"`
	}
	// Encode fills in a form: Encode is its name, Values are by the names of fields.
	Encode struct {
		Encode string            `json:"encode"`
		Values map[string]string `json:"values"`
	}
	// EncodedRequest is a request as a payload, ready to be sent, and the bytes that it would
	// be as the first message.
	EncodedRequest struct {
		Payload Payload `json:"payload"`
		Data    []byte  `json:"data"`
		Bytes   int     `json:"bytes"`
	}
)
