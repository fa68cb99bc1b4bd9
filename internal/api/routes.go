package api

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/api/access"
	"sockeye/internal/webui"
)

// register fills the table of routes.
func (s *Server) register() {
	s.registerOpen()
	s.registerMachine()
	s.registerSessions()
	s.registerSending()
	s.registerAnswers()
	s.registerViews()
	s.registerFiles()
	s.registerBoards()
	s.registerWorkspace()
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, 0, &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: r.URL.Path, Message: sockeye.Text{En: "there is nothing here", Zh: "此处没有内容"}})
	})
}

// registerOpen adds what is answered to everybody: the page, and what comes before a credential.
func (s *Server) registerOpen() {
	for path, file := range s.page {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			s.add(&httpRoute{method: method, path: path, summary: "A file of the page.", open: true, media: file.Type, do: func(c *requestContext) error { return c.file(file) }})
		}
	}
	s.add(&httpRoute{method: http.MethodGet, path: "/healthz", summary: "Whether the workbench lives.", open: true, out: reflect.TypeFor[Health](),
		do: func(c *requestContext) error { answer(c.w, http.StatusOK, Health{OK: true}); return nil }})
	s.add(&httpRoute{method: http.MethodGet, path: "/proof", summary: "What proves to a shell that this is its workbench: HMAC-SHA-256 of its nonce with its token.", open: true, query: []string{"nonce"},
		out: reflect.TypeFor[Proof](), do: (*requestContext).proof,
		check: func(c *requestContext) error { _, err := c.nonce(); return c.with(err) }})
	handle(s, "POST", "/login", "Trade a one-time ticket, the password, or the secret of a shared page for a token.", (*requestContext).login).open = true
}

// registerMachine adds what concerns the core and the machine that it runs on.
func (s *Server) registerMachine() {
	handle(s, "POST", "/tickets", "Make a ticket for one more page.", func(c *requestContext, _ None) (Ticket, error) { return c.NewTicket(), nil })
	handle(s, "GET", "/share", "Whether the page is shared read-only, by which link, and who watches.", (*requestContext).share)
	handle(s, "PUT", "/share", "Begin or end sharing the page read-only. Who has the link sees sessions, peers and events, and can change nothing.", (*requestContext).setShare)
	handle(s, "GET", "/machine", "Where the core runs, and how a board reaches it.", (*requestContext).machine)
	doctor := handle(s, "GET", "/doctor", "Why an address does not work: only it is sent to, for at most 5 seconds.", (*requestContext).doctor)
	doctor.query = []string{"address", "ask", "listen", "session", "with"}
	doctor.check = func(c *requestContext) error { _, _, wrong := c.doctorQuestion(); return c.with(wrong.join()) }
	code := handle(s, "GET", "/doctor/code", "What this machine is and has on a port, as a code for the doctor on another one.", (*requestContext).doctorCode)
	code.query = []string{"network", "port"}
	code.check = func(c *requestContext) error { _, _, err := c.doctorPort(); return c.with(err) }
	handle(s, "POST", "/doctor/report", "A diagnosis as a text for a forum or a teacher, with JSON below; nothing is sent.", (*requestContext).doctorReport)
	handle(s, "GET", "/explain", "Words of sockets and networks, explained: all, or one.", (*requestContext).explain).query = []string{"word"}
	handle(s, "GET", "/discover", "The boards, servers and workbenches that announce themselves in the networks of the machine of the core: it looks for two seconds.", (*requestContext).discover)
	handle(s, "GET", "/ports", "The serial ports of the machine of the core.", (*requestContext).ports)
	s.add(&httpRoute{method: http.MethodGet, path: "/api/v1/openapi.json", summary: "This description.", media: "application/json",
		do: func(c *requestContext) error { answer(c.w, http.StatusOK, c.OpenAPI()); return nil }})
}

// registerSessions adds sessions and their peers.
func (s *Server) registerSessions() {
	handle(s, "GET", "/sessions", "The sessions that are open or were.", (*requestContext).sessions)
	handle(s, "POST", "/sessions", "Open a session.", (*requestContext).open).status = http.StatusCreated
	handle(s, "GET", "/sessions/{id}", "One session.", (*requestContext).oneSession)
	handle(s, "DELETE", "/sessions/{id}", "Close an open session in good order, or take a closed one from the list.", (*requestContext).closeSession)
	handle(s, "PATCH", "/sessions/{id}", "Change options of an open session: those that may be changed while it is open.", (*requestContext).changeSession)
	program := handle(s, "GET", "/sessions/{id}/program", "A program for the other side of a session that listens, in the language that for says.", (*requestContext).program)
	program.query = []string{"for", "lang", "host", "frame", "check", "hello"}
	program.check = (*requestContext).checkProgram
	handle(s, "GET", "/sessions/{id}/peers", "The peers that are there.", (*requestContext).peers)
	handle(s, "POST", "/sessions/{id}/peers", "Make a UDP peer of an address.", (*requestContext).reach)
	handle(s, "PUT", "/sessions/{id}/recipients", "Choose the peers to send to.", (*requestContext).choose)
	handle(s, "PATCH", "/sessions/{id}/peers/{peer}", "Name a peer, or change options for it alone.", (*requestContext).changePeer)
	handle(s, "POST", "/sessions/{id}/peers/{peer}/close", "Close a connection in good order.", (*requestContext).closePeer)
	handle(s, "POST", "/sessions/{id}/peers/{peer}/abort", "Abort a connection (RST).", (*requestContext).abortPeer)
	handle(s, "POST", "/sessions/{id}/peers/{peer}/sample", "Ask the system what TCP does for a peer, and keep that as an event of the record; GET /events?kind=sample gives what was kept.", (*requestContext).samplePeer)
	handle(s, "POST", "/sessions/{id}/peers/{peer}/finish", "End the sending direction (FIN).", (*requestContext).finishPeer)

	handle(s, "POST", "/sessions/{id}/peers/{peer}/lines", "Set DTR and RTS of a serial port, or send a break.", (*requestContext).setLines)
}

// registerSending adds what is sent: payloads, lists and files.
func (s *Server) registerSending() {
	handle(s, "POST", "/payload", "What a payload means; nothing is sent.", (*requestContext).preview)
	handle(s, "GET", "/encoders", "The protocols that there is a form for: the fields of their requests.", (*requestContext).encoders)
	handle(s, "POST", "/encode", "A request of a protocol, made of what was filled in, as a payload; nothing is sent.", (*requestContext).encode)
	handle(s, "POST", "/sessions/{id}/send", "Send to peers.", (*requestContext).send).mostBody = maxSendBody
	handle(s, "POST", "/sessions/{id}/publish", "Publish a message on a broker: to all subscribers of its topic, or to some clients.", (*requestContext).publish).mostBody = maxSendBody
	handle(s, "GET", "/sessions/{id}/runs", "Lists and files that are being sent, and how far they are.", (*requestContext).runs)
	start := handle(s, "POST", "/sessions/{id}/runs", "Begin to send a list, or one message again and again.", (*requestContext).startRun)
	start.status, start.mostBody = http.StatusCreated, maxListBody
	handle(s, "PATCH", "/sessions/{id}/runs/{run}", "Pause a file that is being sent, or let it go on.", (*requestContext).changeRun)
	handle(s, "DELETE", "/sessions/{id}/runs/{run}", "Stop sending a list or a file, at once.", (*requestContext).stopRun)
	s.add(&httpRoute{method: http.MethodPost, path: "/api/v1/sessions/{id}/files", summary: "Send a file, the body, at a pace of bytes a second and pieces of chunk bytes, or line by line. It is kept until it is sent: the answer comes when all of it is here, and the run goes on by itself.",
		query: []string{"name", "to", "all", "chunk", "rate", "line_delay_ms"}, takes: octets, out: reflect.TypeFor[Run](), status: http.StatusCreated, do: (*requestContext).sendFile,
		check: func(c *requestContext) error { _, _, _, wrong := c.fileOptions(); return c.with(wrong.join()) }})
	handle(s, "POST", "/lists/parse", "Lists out of the text of a file; nothing is sent.", (*requestContext).parseLists).mostBody = maxListBody
	handle(s, "POST", "/lists/export", "A list as the text of a file.", (*requestContext).exportList).mostBody = maxListBody
}

// registerAnswers adds who answers by itself, and what a relay does to messages.
func (s *Server) registerAnswers() {
	handle(s, "GET", "/sessions/{id}/rules", "How a session answers by rules, with their counters.", (*requestContext).rules)
	handle(s, "PUT", "/sessions/{id}/rules", "Let rules answer a session from now on.", (*requestContext).setRules)
	handle(s, "DELETE", "/sessions/{id}/rules", "Take the rules of a session away.", (*requestContext).clearRules)
	handle(s, "GET", "/sessions/{id}/faults", "The faults between the two sides of a relay.", (*requestContext).faults)
	handle(s, "PUT", "/sessions/{id}/faults", "Put other faults between the two sides of a relay, from now on.", (*requestContext).setFaults)
	handle(s, "DELETE", "/sessions/{id}/faults", "Take the faults of a relay away; what waited for them goes on.", (*requestContext).clearFaults)
	handle(s, "GET", "/sessions/{id}/held", "The messages of a relay that wait until somebody lets them go.", (*requestContext).heldMessages)
	handle(s, "POST", "/sessions/{id}/held/{number}", "Let a held message go, change it or drop it.", (*requestContext).decide).mostBody = maxSendBody

	handle(s, "POST", "/rules/try", "What rules would answer; nothing is sent.", (*requestContext).tryRules)
}

// registerCharts adds views of values in frames.
func (s *Server) registerCharts() {
	which := slices.Concat([]string{"since", "until", "session", "peer", "direction"}, frameQuery)
	series := handle(s, "GET", "/series", "Values of frames over time, for a chart.", (*requestContext).series)
	series.view, series.query = true, append([]string{"columns"}, which...)
	series.check = func(c *requestContext) error { _, wrong := c.seriesQuery(); return c.with(wrong.join()) }
	histogram := handle(s, "GET", "/series/histogram", "How the values of frames are spread.", (*requestContext).histogram)
	histogram.view, histogram.query, histogram.check = true, which, series.check
	xy := handle(s, "GET", "/series/xy", "One value of frames over another.", (*requestContext).xy)
	xy.view, xy.query = true, append([]string{"x", "y"}, which...)
	xy.check = func(c *requestContext) error { _, _, _, wrong := c.xyQuery(); return c.with(wrong.join()) }
	triggers := handle(s, "GET", "/series/triggers", "Where a trigger on a value fired, as that of an oscilloscope.", (*requestContext).triggers)
	triggers.view, triggers.query = true, append([]string{"value", "trigger", "level", "hold_off_ms"}, which...)
	triggers.check = func(c *requestContext) error { _, wrong := c.triggerQuery(); return c.with(wrong.join()) }
}

// registerViews adds views of the journal.
func (s *Server) registerViews() {
	window := handle(s, "GET", "/events", "A window of the journal.", (*requestContext).events)
	window.view = true
	window.query = slices.Concat([]string{"from", "limit", "back", "kind"}, filterQuery, frameQuery)
	window.check = func(c *requestContext) error { _, wrong := c.eventQuery(); return c.with(wrong.join()) }
	s.registerCharts()
	comment := handle(s, "PUT", "/events/{seq}/comment", "Write a comment on an event; of a recording's with the session.", (*requestContext).setComment)
	comment.query = []string{"session"}
	handle(s, "GET", "/comments", "The comments on events: of the record, or with a session its own.", (*requestContext).comments).query = []string{"session"}
	handle(s, "GET", "/decoders", "The protocols that messages can be decoded of.", (*requestContext).decoders)
	messages := handle(s, "GET", "/events/{seq}/messages", "The frames that end by an event, decoded.", (*requestContext).messages)
	messages.query = []string{"session", "frame", "check", "decode"}
	messages.check = func(c *requestContext) error { _, wrong := c.messagesQuery(); return c.with(wrong.join()) }
	pairs := handle(s, "GET", "/pairs", "Requests with their answers: latency, what is missing, loss by number.", (*requestContext).pairs)
	pairs.query = slices.Concat(pairQueryWords, frameQuery)
	pairs.check = func(c *requestContext) error { _, wrong := c.pairsQuery(); return c.with(wrong.join()) }
	handle(s, "POST", "/decode", "What bytes are, decoded; nothing is sent.", (*requestContext).decode)
	protocols := handle(s, "GET", "/sessions/{id}/protocols", "Which protocols the peers of a session may speak.", (*requestContext).protocols)
	protocols.query = []string{"peer"}
	protocols.check = func(c *requestContext) error {
		var wrong fieldFaults
		c.number("peer", &wrong)
		return c.with(wrong.join())
	}
	s.add(&httpRoute{method: http.MethodGet, path: "/api/v1/events/{seq}/data", summary: "All bytes of an event; of a recording's with the session.", query: []string{"session"}, media: octets, do: (*requestContext).eventData})
	s.add(&httpRoute{method: http.MethodGet, path: "/api/v1/live", summary: "What changes, a line at a time.", query: []string{"from"}, view: true,
		media: "application/x-ndjson", out: reflect.TypeFor[Live](), do: (*requestContext).live,
		check: func(c *requestContext) error {
			var wrong fieldFaults
			c.number("from", &wrong)
			return c.with(wrong.join())
		}})
}

// registerFiles adds what is written to files.
func (s *Server) registerFiles() {
	handle(s, "GET", "/recording", "How recording is.", (*requestContext).recording)
	handle(s, "PUT", "/recording", "Begin or end recording.", (*requestContext).setRecording)
	handle(s, "GET", "/recordings", "What can be opened to be looked at.", (*requestContext).recordFiles)
	handle(s, "POST", "/recordings", "Open a recording to look at it: its sessions are there as closed ones.", (*requestContext).openRecording).status = http.StatusCreated
	s.add(&httpRoute{method: http.MethodPost, path: "/api/v1/recordings/upload", summary: "Open a recording or capture, the body, to look at it.",
		query: []string{"name"}, takes: octets, out: reflect.TypeFor[OpenedRecording](), status: http.StatusCreated, do: (*requestContext).uploadRecording,
		check: func(c *requestContext) error { _, wrong := c.uploadName(); return c.with(wrong.join()) }})
	handle(s, "GET", "/sessions/{id}/file", "How receiving to a file is.", (*requestContext).receiveFile)
	handle(s, "PUT", "/sessions/{id}/file", "Begin or end writing the bytes received to a file.", (*requestContext).setReceiveFile)
	s.add(&httpRoute{method: http.MethodGet, path: "/api/v1/export", summary: "Download events.", media: octets, view: true,
		query: append([]string{"format", "from", "to"}, filterQuery...), do: (*requestContext).export,
		check: func(c *requestContext) error { return c.with(c.exportQuery().wrong.join()) }})
}

// registerBoards adds the boards of a hub.
func (s *Server) registerBoards() {
	handle(s, "GET", "/boards", "The boards of the hub: how they are, and what is open there.", (*requestContext).boards)
	handle(s, "POST", "/boards/log", "Open a log of what boards do: it is there as a closed session that grows.", (*requestContext).openBoards).status = http.StatusCreated
	handle(s, "POST", "/boards/send", "Have boards send, and wait for the answer of each.", (*requestContext).sendByBoards).mostBody = maxSendBody
}

// registerWorkspace adds what a person keeps.
func (s *Server) registerWorkspace() {
	handle(s, "GET", "/workspace", "What a person keeps, as the file says it now.", (*requestContext).readWorkspace)
	handle(s, "PUT", "/workspace", "Keep something else.", (*requestContext).setWorkspace).mostBody = maxListBody
	handle(s, "POST", "/workspace/plan", "What a text says and would open; nothing is kept or opened.", (*requestContext).planWorkspace).mostBody = maxListBody
	handle(s, "POST", "/workspace/open", "Open what the workspace says.", (*requestContext).openWorkspace).status = http.StatusCreated
}

const octets = "application/octet-stream"

// file serves a file of the page.
func (c *requestContext) file(f *webui.Asset) error {
	h, body := c.w.Header(), f.Body
	h.Set("Content-Type", f.Type)
	if f.Lasting {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	if f.Gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(c.r) {
			h.Set("Content-Encoding", "gzip")
			body = f.Gzip
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if c.r.Method == http.MethodHead {
		return nil
	}
	c.w.Write(body)
	return nil
}

func acceptsGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(s string) bool {
		return strings.TrimSpace(s) == "gzip"
	})
}

func (c *requestContext) login(in Login) (Token, error) {
	if err := in.check(c); err != nil {
		return Token{}, err
	}
	var token string
	var no *access.Rejection
	role := "owner"
	switch {
	case in.Ticket != "":
		token, no = c.guard.Redeem(c.r, in.Ticket)
	case in.View != "":
		role = "viewer"
		token, no = c.guard.EnterAsViewer(c.r, in.View)
	default:
		token, no = c.guard.Enter(c.r, in.Password)
	}
	if no != nil {
		return Token{}, no
	}
	return Token{token, role}, nil
}

func (in Login) check(c *requestContext) error {
	var wrong fieldFaults
	given := 0
	for name, value := range map[string]string{"ticket": in.Ticket, "password": in.Password, "view": in.View} {
		if c.unfit.covers(name) {
			return nil
		}
		if value != "" {
			given++
		}
	}
	if given != 1 {
		wrong.add("ticket", "a ticket, a password or the secret of a shared page is needed, and only one", "需要票据、密码或分享链接中的密钥，三者之一")
	}
	return wrong.join()
}

func (c *requestContext) proof() error {
	nonce, err := c.nonce()
	if err != nil {
		return err
	}
	answer(c.w, http.StatusOK, Proof{hex.EncodeToString(c.guard.Proof(c.r.Host, nonce))})
	return nil
}

func (c *requestContext) nonce() ([]byte, error) {
	nonce, err := hex.DecodeString(c.q.Get("nonce"))
	if err != nil || len(nonce) != access.NonceSize {
		return nil, invalid("nonce", sockeye.Text{En: fmt.Sprintf("%d bytes in hex are wanted", access.NonceSize), Zh: fmt.Sprintf("需要 %d 字节的十六进制数据", access.NonceSize)}, sockeye.Text{})
	}
	return nonce, nil
}
