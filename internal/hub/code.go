package hub

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"sockeye"
)

// Code is what a board is given to enrol with: it may be traded once, until it expires,
// for an identity.
type Code struct {
	// URLs are those of the hub's NATS servers, with commas between them.
	URLs string
	// Pin is the public key of the authority that signs the hub's certificate, as
	// localca.Pin writes it; "" for servers that the system trusts.
	Pin string
	// Seed is the secret key that proves the code, and JWT what it permits.
	Seed, JWT string
}

// codePrefix begins every code; the digit is the version of what follows.
const (
	codePrefix = "hub1."
	codeLimit  = 8 << 10 // characters; a real one has some 600
)

// codeText is what is in a code. The parts of the JWT are kept as they are inside, since
// base 64 does not get shorter.
type codeText struct {
	URLs   string `json:"u"`
	Pin    string `json:"p,omitempty"`
	Seed   string `json:"s"`
	Header string `json:"h"`
	Claims string `json:"c"`
	Sig    string `json:"g"`
}

// String is the code as people copy it.
func (c Code) String() string {
	part := strings.Split(c.JWT, ".")
	if len(part) != 3 {
		return ""
	}
	header, _ := base64.RawURLEncoding.DecodeString(part[0])
	claims, _ := base64.RawURLEncoding.DecodeString(part[1])
	text, _ := json.Marshal(codeText{c.URLs, c.Pin, c.Seed, string(header), string(claims), part[2]})
	var out bytes.Buffer
	z, _ := flate.NewWriter(&out, flate.BestCompression) // fails only for a level that is none
	z.Write(text)
	z.Close()
	return codePrefix + base64.RawURLEncoding.EncodeToString(out.Bytes())
}

// IsCode says whether a word wants to be a code.
func IsCode(word string) bool { return strings.HasPrefix(word, codePrefix) }

// ParseCode reads a code, with the spaces and line ends that copying adds. It does not
// ask whether the code is still good.
func ParseCode(word string) (Code, error) {
	word = strings.Join(strings.Fields(word), "")
	body, ok := strings.CutPrefix(word, codePrefix)
	if !ok || len(word) > codeLimit {
		return Code{}, brokenCode()
	}
	packed, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Code{}, brokenCode()
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), codeLimit+1))
	var t codeText
	if err != nil || len(text) > codeLimit || json.Unmarshal(text, &t) != nil {
		return Code{}, brokenCode()
	}
	c := Code{URLs: t.URLs, Pin: t.Pin, Seed: t.Seed, JWT: base64.RawURLEncoding.EncodeToString([]byte(t.Header)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(t.Claims)) + "." + t.Sig}
	if _, err := c.Key(); err != nil || t.URLs == "" {
		return Code{}, brokenCode()
	}
	if _, err := c.Board(); err != nil {
		return Code{}, brokenCode()
	}
	return c, nil
}

func brokenCode() error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "enrol", Target: "--hub",
		Message: sockeye.Text{En: "this is no code of a hub, or not all of it", Zh: "这不是集线服务的注册码，或不完整"},
		Hint:    sockeye.Text{En: "copy all that sockeye hub enrol printed; it begins with " + codePrefix, Zh: "请完整复制 sockeye hub enrol 输出的内容，以 " + codePrefix + " 开头"}}
}

// Key is the public key of the code.
func (c Code) Key() (string, error) {
	pair, err := nkeys.FromSeed([]byte(c.Seed))
	if err != nil {
		return "", err
	}
	return pair.PublicKey()
}

// Board is the board that the code enrols.
func (c Code) Board() (BoardID, error) { return ParseBoard(claimsOf(c.JWT).Name) }

// Expires is when the code is good no more.
func (c Code) Expires() time.Time { return time.Unix(claimsOf(c.JWT).Expires, 0) }

// claims are those of a JWT that its holder wants to know. The server checks the
// signature, nobody here needs to.
type claims struct {
	Name    string `json:"name"`
	Expires int64  `json:"exp"`
}

func claimsOf(jwt string) (c claims) {
	if part := strings.Split(jwt, "."); len(part) == 3 {
		text, _ := base64.RawURLEncoding.DecodeString(part[1])
		json.Unmarshal(text, &c)
	}
	return c
}
