package sockeye

// SeenProtocol is what the first bytes on a plain TCP connection look like.
type SeenProtocol string

// The protocols that are told apart.
const (
	SeenTLS       SeenProtocol = "tls"       // a ClientHello
	SeenTLSAlert  SeenProtocol = "alert"     // what a TLS server says of plain text
	SeenHTTP      SeenProtocol = "http"      // a request
	SeenWebSocket SeenProtocol = "websocket" // a request that asks for a WebSocket
	SeenSSH       SeenProtocol = "ssh"
)

// Text says what it looks like, and what to do.
func (p SeenProtocol) Text() Text { return EventWord("seen_" + p).text() }
