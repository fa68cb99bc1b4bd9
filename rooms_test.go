package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// levels are the rooms from top to bottom. Imports only point down, and rooms on
// one level do not import each other.
var levels = [][]string{
	{"cmd/sockeye", "cmd/sockeye-hub"},
	{"internal/cli", "internal/hub/server"},
	{"internal/offline", "internal/boards"},
	{"internal/offline/host", "internal/offline/codec", "internal/offline/tutorial"},
	{"internal/terminal", "internal/device"},
	{"internal/hub"},
	{"client", "internal/webui/page"},
	{"internal/api"},
	{"internal/core", "internal/webui", "internal/api/access"},
	{"internal/responder", "internal/query", "internal/relay", "internal/doctor", "internal/load"},
	{"internal/transport/schemes"},
	{"internal/transport/websocket", "internal/transport/mqtt", "internal/transport/dtls"},
	{"internal/transport/tls"},
	{"internal/transport/tcp", "internal/transport/udp", "internal/transport/unix", "internal/transport/serial"},
	{"internal/transport/tcp/epoll"},
	{"internal/transport/inet", "internal/transport/sockopt"},
	{"internal/transport", "internal/journal"},
	{"internal/netinfo"},
	{"internal/netinfo/netinfotest"},
	{"internal/recording", "internal/workspace"},
	{"internal/recording/capture"},
	{"internal/fault", "internal/codegen"},
	{"internal/pairs"},
	{"internal/framing", "internal/rule", "internal/schedule", "internal/sensor", "internal/deploy", "internal/encode"},
	{"internal/decode"},
	{"internal/fields"},
	{"internal/payload", "internal/pcapng", "internal/crcsearch", "internal/glossary"},
	{"internal/tlsinfo"},
	{"internal/localca"},
	{"internal/checksum", "internal/regular", "internal/userdir", "internal/private", "internal/serialport", "internal/outbox", "internal/service", "internal/mdns"},
	{".", "internal/memlimit", "internal/activation"},
}

// edges are the imports there may be between rooms, and what each is for. A new
// one needs a reason that holds against docs/architecture.md; it is never added
// just to make a build pass.
var edges = []struct{ from, to, why string }{
	{"cmd/sockeye", "internal/cli", "main hands the process over"},

	{"cmd/sockeye", "internal/terminal", "the streams and signals of the process"},
	{"cmd/sockeye", "internal/memlimit", "the garbage collector keeps to the limit of the control group"},

	{"cmd/sockeye-hub", "internal/hub/server", "main hands the process over"},
	{"cmd/sockeye-hub", "internal/terminal", "the streams and signals of the process"},
	{"cmd/sockeye-hub", "internal/cli", "its tests run boards"},
	{"cmd/sockeye-hub", "internal/hub", "its tests read what boards published"},
	{"cmd/sockeye-hub", "internal/private", "its tests put a board's key elsewhere"},
	{"cmd/sockeye-hub", ".", "its tests compare events"},

	{"internal/hub/server", "internal/hub", "it enrols boards, and asks them to send"},
	{"internal/hub/server", "internal/api", "the page on top of a hub"},
	{"internal/hub/server", "internal/core", "what boards do is a log of it"},
	{"internal/hub/server", "internal/terminal", "commands show their results, faults are words"},
	{"internal/hub/server", "internal/localca", "the certificates of its listeners"},
	{"internal/hub/server", "internal/private", "its keys are this user's alone"},
	{"internal/hub/server", "internal/recording", "one process at a time has its directory"},
	{"internal/hub/server", "internal/schedule", "what is sent is a payload, made as that of a list is"},
	{"internal/hub/server", "internal/payload", "what comes from boards is made safe to show"},
	{"internal/hub/server", ".", "the nouns"},

	{"internal/hub", "internal/core", "it publishes a workbench, and sends by its sessions"},
	{"internal/hub", "internal/journal", "it reads with a cursor"},
	{"internal/hub", "internal/api", "lines of JSON become events again"},
	{"internal/hub", "internal/localca", "the pin of a hub's certificate"},
	{"internal/hub", "internal/private", "a board's key is its user's alone"},
	{"internal/hub", ".", "the nouns"},

	{"internal/cli", "internal/terminal", "commands show and send through it"},
	{"internal/cli", "internal/offline", "commands that open no socket"},
	{"internal/cli", "client", "session drives the workbench that runs"},
	{"internal/cli", "internal/api", "ui serves it; rules and lists of a running workbench are asked of it"},
	{"internal/cli", "internal/core", "ui and run give it to those who serve and show it"},
	{"internal/cli", "internal/workspace", "run reads a file and shows what it will do; the configuration is read as strictly"},
	{"internal/cli", ".", "the nouns"},

	{"internal/cli", "internal/boards", "what a board measures, runs and publishes"},

	{"internal/boards", "internal/terminal", "what is asked for and becomes of it is shown there"},
	{"internal/boards", "client", "a board that measures has a workbench of its own"},
	{"internal/boards", "internal/core", "a workbench is published"},
	{"internal/boards", "internal/hub", "commands publish to a hub"},
	{"internal/boards", "internal/memlimit", "a board has little memory"},
	{"internal/boards", "internal/device", "a device file is played, and checked before it becomes a service"},
	{"internal/boards", "internal/deploy", "deploy puts a program on a board"},
	{"internal/boards", "internal/service", "service installs a device file"},
	{"internal/boards", "internal/sensor", "sensors lists what this machine measures"},
	{"internal/boards", "internal/regular", "the file of a service has an end"},
	{"internal/boards", "internal/payload", "what comes from outside is made safe to show"},
	{"internal/boards", ".", "the nouns"},

	{"internal/offline", "internal/terminal", "results are shown as sockets are"},
	{"internal/offline", "internal/offline/host", "its commands"},
	{"internal/offline", "internal/offline/codec", "its commands"},
	{"internal/offline", "internal/offline/tutorial", "its commands"},
	{"internal/offline", "internal/api", "load refuses the port that a workbench is controlled by"},
	{"internal/offline", "internal/query", "log asks for frames as the page does"},
	{"internal/offline", "internal/responder", "rule try plans without carrying out"},
	{"internal/offline", "internal/journal", "its tests let the next run go on with a recording"},
	{"internal/offline", "internal/recording", "log reads what was recorded"},
	{"internal/offline", "internal/fields", "fields and plot read values"},
	{"internal/offline", "internal/pairs", "log matches requests with answers"},
	{"internal/offline", "internal/load", "load drives a target, and its report is that of pairs"},
	{"internal/offline", "internal/pcapng", "log shows where a recording is damaged"},
	{"internal/offline", "internal/framing", "frames are exported"},
	{"internal/offline", "internal/rule", "rules are tried with a seed"},
	{"internal/offline", "internal/schedule", "its tests read delays"},
	{"internal/offline", "internal/workspace", "rules are those of a file"},
	{"internal/offline", "internal/checksum", "frames end with one"},
	{"internal/offline", "internal/regular", "a schema is a file with an end"},
	{"internal/offline", "internal/payload", "what was recorded is made safe to show"},
	{"internal/offline", ".", "the nouns"},
	{"internal/offline/host", "internal/terminal", "results are shown as sockets are"},
	{"internal/offline/host", "internal/core", "names are asked for as opening does, the doctor as the page does"},
	{"internal/offline/host", "internal/doctor", "doctor prints its report, and the code of this machine"},
	{"internal/offline/host", "internal/netinfo", "addrs lists addresses"},
	{"internal/offline/host", "internal/serialport", "ports lists serial ports"},
	{"internal/offline/host", "internal/localca", "ca shows it, and has it sign"},
	{"internal/offline/host", "internal/payload", "what devices say of themselves is made safe to show"},
	{"internal/offline/host", ".", "the nouns"},
	{"internal/offline/codec", "internal/terminal", "results are shown as frames are"},
	{"internal/offline/codec", "internal/framing", "messages are found in what is decoded"},
	{"internal/offline/codec", "internal/decode", "decode shows messages, and guesses protocols"},
	{"internal/offline/codec", "internal/encode", "encode prints requests"},
	{"internal/offline/codec", "internal/checksum", "crc lists them"},
	{"internal/offline/codec", "internal/crcsearch", "crc find"},
	{"internal/offline/codec", "internal/regular", "what is decoded is a file with an end"},
	{"internal/offline/codec", "internal/payload", "payload shows bytes"},
	{"internal/offline/codec", ".", "the nouns"},
	{"internal/offline/tutorial", "internal/terminal", "steps are shown as sockets are"},
	{"internal/offline/tutorial", "client", "code asks the workbench that runs"},
	{"internal/offline/tutorial", "internal/api", "for a program as it answers with one"},
	{"internal/offline/tutorial", "internal/core", "a relay that loses bytes, programs without a workbench"},
	{"internal/offline/tutorial", "internal/workspace", "the relay's faults are those of a file"},
	{"internal/offline/tutorial", "internal/codegen", "its tests compile and run programs"},
	{"internal/offline/tutorial", "internal/framing", "its tests cut what programs send"},
	{"internal/offline/tutorial", "internal/checksum", "its tests add what messages end with"},
	{"internal/offline/tutorial", "internal/netinfo", "what the kernel tells of its connections"},
	{"internal/offline/tutorial", "internal/glossary", "explain shows its words"},
	{"internal/offline/tutorial", ".", "the nouns"},

	{"internal/terminal", "client", "an answer is waited for as programs do"},
	{"internal/terminal", "internal/core", "what is typed and piped in is sent by its sessions"},
	{"internal/terminal", "internal/journal", "a view is a cursor on the journal"},
	{"internal/terminal", "internal/recording", "how to record are flags, and a console's command"},
	{"internal/terminal", "internal/framing", "views cut streams into frames"},
	{"internal/terminal", "internal/checksum", "frames are judged by the checksum in them, messages end with one"},
	{"internal/terminal", "internal/payload", "what people type, and what is shown"},
	{"internal/terminal", "internal/schedule", "messages that are sent again and again"},
	{"internal/terminal", "internal/responder", "flags say who answers by itself"},
	{"internal/terminal", "internal/fields", "a view shows the values of frames"},
	{"internal/terminal", "internal/userdir", "where this user's files are"},
	{"internal/terminal", ".", "the nouns"},

	{"internal/device", "client", "what goes to targets are sessions"},
	{"internal/device", "internal/api", "a session of the workbench is asked for its latest value"},
	{"internal/device", "internal/workspace", "a device file is read as strictly"},
	{"internal/device", "internal/userdir", "where this user's workbench is found"},
	{"internal/device", "internal/framing", "how a session's stream is cut is checked before it is asked for"},
	{"internal/device", "internal/sensor", "it reads them"},
	{"internal/device", "internal/hub", "a hub is a target"},
	{"internal/device", "internal/private", "where its rows are in a hub's stream is this user's alone to say"},
	{"internal/device", "internal/outbox", "each target has a queue on disk"},
	{"internal/device", "internal/fields", "a struct is written by the spec that reads it"},
	{"internal/device", "internal/payload", "templates and hellos are payloads"},
	{"internal/device", "internal/regular", "a device file is a file with an end"},
	{"internal/device", ".", "the nouns"},

	{"client", "internal/core", "a workbench in this process"},
	{"client", "internal/api", "a workbench that runs elsewhere"},
	{"client", "internal/api/access", "how a shell finds the workbench of its user, and proves it"},
	{"client", "internal/userdir", "where this user's workbench is found"},
	{"client", "internal/responder", "how a session answers by itself"},
	{"client", "internal/schedule", "a payload is made as that of a list is"},
	{"client", "internal/workspace", "the words for guards"},
	{"client", ".", "the nouns: nothing else is in its API"},

	{"internal/webui/page", "internal/payload", "the page shows text as the terminal does"},

	{"internal/api", "internal/core", "requests open and drive sessions"},
	{"internal/api", "internal/query", "windows of events and exports are routes, their words are query parameters"},
	{"internal/api", "internal/api/access", "who may call is asked with every request"},
	{"internal/api", "internal/webui", "the page's files are routes"},
	{"internal/webui/page", "internal/webui", "a real browser shows what is served"},
	{"internal/webui/page", "internal/api", "ten thousand boards are shown without any"},
	{"internal/webui/page", "internal/core", "the log of boards is opened by the core"},
	{"internal/webui/page", ".", "a board's session has a mode"},
	{"internal/webui/page", "internal/framing", "the page's ways to find frames are the core's"},
	{"internal/api", "internal/responder", "a session can play the board, rules are tried and set"},
	{"internal/api", "internal/workspace", "what a person keeps is shown, changed and opened"},
	{"internal/api", "internal/schedule", "a run is of a list, a payload is a row of one, lists become tables"},
	{"internal/api", ".", "the nouns"},

	{"internal/api/access", "internal/activation", "the page is served on a socket of the service manager"},
	{"internal/api/access", "internal/netinfo", "whose a Unix socket is, the system says"},
	{"internal/api/access", "internal/private", "where the workbench is, nobody else may read or write"},
	{"internal/api/access", "internal/userdir", "what the socket for shells is called"},
	{"internal/api/access", ".", "who is turned away is told why"},

	{"internal/core", "internal/responder", "a session answers by itself"},
	{"internal/core", "internal/relay", "peers are joined with connections to an upstream"},
	{"internal/core", "internal/fault", "faults are set and told while a relay runs"},
	{"internal/core", "internal/query", "its journal is read in windows"},
	{"internal/core", "internal/schedule", "it sends lists"},
	{"internal/core", "internal/transport", "it opens sessions"},
	{"internal/core", "internal/transport/schemes", "which driver opens which scheme"},
	{"internal/core", "internal/netinfo", "names are resolved, and where a board reaches this machine"},
	{"internal/core", "internal/serialport", "which serial ports there are"},
	{"internal/core", "internal/journal", "it records their events"},
	{"internal/core", "internal/recording", "where and how to record"},
	{"internal/core", "internal/payload", "it makes messages of payloads"},
	{"internal/core", "internal/workspace", "it opens what a file says"},
	{"internal/core", "internal/memlimit", "views and new sessions are given up before memory is"},
	{"internal/core", "internal/codegen", "it writes programs for the other side of its sessions"},
	{"internal/core", ".", "the nouns"},

	{"internal/codegen", "internal/framing", "a program cuts frames as views do"},
	{"internal/codegen", "internal/checksum", "and computes their checksums"},
	{"internal/codegen", "internal/payload", "a first message is text with escapes"},
	{"internal/codegen", ".", "the nouns"},

	{"internal/responder", "internal/transport", "it answers transport's peers"},
	{"internal/responder", "internal/transport/schemes", "its tests open real sessions"},
	{"internal/responder", "internal/journal", "what went wrong is recorded"},
	{"internal/responder", "internal/framing", "rules answer frames"},
	{"internal/responder", "internal/checksum", "frames that rules answer have a right one"},
	{"internal/responder", "internal/rule", "it carries out what rules plan"},
	{"internal/responder", "internal/payload", "a board's hello is a payload"},
	{"internal/responder", "internal/workspace", "rules are those of a set"},
	{"internal/responder", ".", "the nouns"},

	{"internal/core", "internal/encode", "who drives it asks for a request of what was filled in"},
	{"internal/core", "internal/glossary", "who drives it asks what a word means"},
	{"internal/core", "internal/doctor", "who drives it asks why an address does not work"},
	{"internal/doctor", "internal/payload", "in which charset text is, is found as it is for showing"},
	{"internal/doctor", "internal/netinfo", "facts are what the system says"},
	{"internal/doctor", ".", "the nouns, and texts in both languages"},

	{"internal/load", "internal/transport", "each connection is a session"},
	{"internal/load", "internal/transport/schemes", "which driver opens which scheme"},
	{"internal/load", "internal/pairs", "requests are matched with answers as in other traffic"},
	{"internal/load", "internal/framing", "its tests say how answers are found"},
	{"internal/load", "internal/fields", "its tests pair by a value"},
	{"internal/load", "internal/payload", "messages are payloads"},
	{"internal/load", ".", "the nouns"},

	{"internal/relay", "internal/transport", "it joins transport's peers in pairs"},
	{"internal/relay", "internal/fault", "what becomes of messages while faults are between"},
	{"internal/relay", "internal/framing", "faults hit whole frames"},
	{"internal/relay", "internal/rule", "an upstream is chosen by what a peer sends first"},
	{"internal/relay", ".", "the nouns"},

	{"internal/fault", "internal/framing", "faults hit frames"},
	{"internal/fault", "internal/rule", "the patterns of messages that a fault is for"},
	{"internal/fault", "internal/checksum", "a framer is told that frames have none"},
	{"internal/fault", "internal/payload", "where a fault is wrong is shown with its column"},
	{"internal/fault", ".", "the nouns"},

	{"internal/query", "internal/journal", "it reads with cursors"},
	{"internal/query", "internal/recording", "filters, and where the disk begins"},
	{"internal/query", "internal/framing", "streams are cut into frames"},
	{"internal/query", "internal/pairs", "requests are matched with answers"},
	{"internal/query", "internal/decode", "frames are messages, streams are guessed"},
	{"internal/query", "internal/fields", "frames have values, which become series"},
	{"internal/query", "internal/payload", "bytes to look for are typed in hex"},
	{"internal/query", "internal/checksum", "frames are judged by the checksum in them"},
	{"internal/query", ".", "the nouns"},

	{"internal/transport/schemes", "internal/transport/tcp", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/udp", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/unix", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/serial", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/websocket", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/mqtt", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport", "what a driver is"},
	{"internal/transport/schemes", ".", "the nouns"},
	{"internal/transport/tcp", "internal/transport/tcp/epoll", "plain listeners on Linux"},
	{"internal/transport/tcp", "internal/activation", "the service manager may have bound the address"},
	{"internal/transport/tcp", "internal/transport/inet", "which addresses an endpoint means"},
	{"internal/transport/tcp", "internal/transport/sockopt", "the options of its sockets"},
	{"internal/transport/tcp", "internal/transport", "its sessions and peers"},
	{"internal/transport/tcp", "internal/netinfo", "errors of the system, names, addresses"},
	{"internal/transport/tcp", ".", "the nouns"},
	{"internal/transport/tcp/epoll", "internal/transport/sockopt", "what is asked of a TCP connection"},
	{"internal/transport/tcp/epoll", "internal/transport", "its sessions and peers"},
	{"internal/transport/tcp/epoll", "internal/netinfo", "errors of the system, TCP_INFO"},
	{"internal/transport/tcp/epoll", ".", "the nouns"},
	{"internal/transport/udp", "internal/transport/inet", "which addresses an endpoint means"},
	{"internal/transport/udp", "internal/transport/sockopt", "the options of its sockets"},
	{"internal/transport/udp", "internal/transport", "its sessions and peers"},
	{"internal/transport/udp", "internal/netinfo", "errors of the system, names, addresses"},
	{"internal/transport/udp", ".", "the nouns"},
	{"internal/transport/unix", "internal/transport/sockopt", "the backlog"},
	{"internal/transport/unix", "internal/transport", "its sessions and peers"},
	{"internal/transport/unix", "internal/userdir", "the sockets on which a workbench takes orders are not connected to"},
	{"internal/transport/unix", "internal/netinfo", "errors of the system"},
	{"internal/transport/unix", ".", "the nouns"},
	{"internal/transport/serial", "internal/serialport", "the ports of this machine"},
	{"internal/transport/serial", "internal/transport", "its sessions and peers"},
	{"internal/transport/serial", "internal/netinfo", "what a stream tells of acknowledgements"},
	{"internal/transport/serial", ".", "the nouns"},

	{"internal/transport/mqtt", "internal/transport/tcp", "it runs over its connections"},
	{"internal/transport/mqtt", "internal/transport", "its sessions and peers"},
	{"internal/transport/mqtt", ".", "the nouns"},
	{"internal/transport/websocket", "internal/transport/tcp", "it runs over its connections"},
	{"internal/transport/websocket", "internal/transport", "its sessions and peers"},
	{"internal/transport/websocket", "internal/localca", "its tests trust the certificates of servers"},
	{"internal/transport/websocket", "internal/netinfo", "errors of the system"},
	{"internal/transport/websocket", ".", "the nouns"},
	{"internal/transport/schemes", "internal/transport/tls", "the list of drivers"},
	{"internal/transport/schemes", "internal/transport/dtls", "the list of drivers"},
	{"internal/transport/dtls", "internal/transport/tls", "its certificates, names and key log"},
	{"internal/transport/dtls", "internal/transport/inet", "the addresses to bind"},
	{"internal/transport/dtls", "internal/transport", "its sessions and peers"},
	{"internal/transport/dtls", "internal/tlsinfo", "what was agreed on, and why it was not"},
	{"internal/transport/dtls", "internal/localca", "its tests make certificates of others"},
	{"internal/transport/dtls", "internal/netinfo", "names, errors of the system"},
	{"internal/transport/dtls", ".", "the nouns"},
	{"internal/transport/tls", "internal/transport/tcp", "it runs over its connections"},
	{"internal/transport/tls", "internal/transport", "its sessions and peers"},
	{"internal/transport/tls", "internal/tlsinfo", "what was agreed on, and why it was not"},
	{"internal/transport/tls", "internal/localca", "certificates of servers that are given none"},
	{"internal/transport/tls", "internal/netinfo", "errors of the system, the names of this machine"},
	{"internal/transport/tls", "internal/regular", "certificates are files with an end"},
	{"internal/transport/tls", ".", "the nouns"},
	{"internal/tlsinfo", "internal/localca", "fingerprints are written alike everywhere"},
	{"internal/tlsinfo", ".", "its words are errors with a next step"},
	{"internal/serialport", ".", "its faults are errors with a next step"},
	{"internal/sensor", "internal/regular", "a number is read out of a file with an end"},
	{"internal/sensor", "internal/payload", "what a sensor says is made safe to show"},
	{"internal/sensor", ".", "its faults are errors with a next step"},

	{"internal/transport/inet", "internal/transport", "it watches the addresses of sessions"},
	{"internal/transport/inet", "internal/netinfo", "names are resolved"},
	{"internal/transport/inet", ".", "the nouns"},
	{"internal/transport/sockopt", "internal/transport", "the peers whose queues it limits"},
	{"internal/transport/sockopt", "internal/netinfo", "errors of the system, TCP_INFO"},
	{"internal/transport/sockopt", ".", "the nouns"},
	{"internal/transport", "internal/netinfo", "errors of the system, addresses, TCP_INFO"},
	{"internal/transport", "internal/netinfo/netinfotest", "its tests ask name servers of their own"},
	{"internal/transport", ".", "the nouns"},
	{"internal/netinfo", "internal/netinfo/netinfotest", "its tests ask name servers of their own"},
	{"internal/netinfo", "internal/mdns", "names of the link are asked of the link"},
	{"internal/mdns", ".", "its faults are errors with a next step"},
	{"internal/core", "internal/mdns", "who drives it finds boards by name"},
	{"internal/boards", "internal/mdns", "boards and workbenches are made known, and found, by name"},
	{"internal/netinfo", ".", "what the system says is an error with a next step"},
	{"internal/netinfo/netinfotest", ".", "the words of errors"},
	{"internal/journal", "internal/recording", "the recorder drives the disk"},
	{"internal/journal", "internal/pcapng", "its tests read segments back"},
	{"internal/journal", ".", "the nouns"},
	{"internal/recording", "internal/recording/capture", "captures of other programs are read alike"},
	{"internal/recording", "internal/regular", "a segment or a capture is a file with an end"},
	{"internal/recording", "internal/pcapng", "segments are pcapng"},
	{"internal/recording", "internal/payload", "exported text is made safe"},
	{"internal/recording", ".", "the nouns"},
	{"internal/recording/capture", "internal/pcapng", "what it cannot read is damage as elsewhere"},
	{"internal/recording/capture", ".", "packets become events"},
	{"internal/workspace", "internal/framing", "an endpoint's frames"},
	{"internal/workspace", "internal/fault", "the faults of a relay are checked where they are read"},
	{"internal/workspace", "internal/fields", "field specs with a name"},
	{"internal/workspace", "internal/rule", "sets of rules are checked where they are read"},
	{"internal/workspace", "internal/schedule", "rows of lists, and the words of line ends"},
	{"internal/workspace", "internal/payload", "named payloads"},
	{"internal/workspace", "internal/checksum", "an endpoint's checksum"},
	{"internal/workspace", "internal/regular", "a workspace is a file with an end"},
	{"internal/workspace", ".", "what is wrong is an error with its place"},
	{"internal/framing", "internal/decode", "messages of a protocol end where their decoder says; frames are decoded"},
	{"internal/framing", "internal/payload", "delimiters are typed in hex or with escapes"},
	{"internal/framing", "internal/checksum", "frames are judged by the checksum in them"},
	{"internal/framing", ".", "events are cut into frames"},
	{"internal/pairs", "internal/payload", "names of peers are made safe to show"},
	{"internal/pairs", "internal/framing", "messages are frames"},
	{"internal/pairs", "internal/decode", "decoders say what is a request, and what it has in common with its answer"},
	{"internal/pairs", "internal/fields", "a value is in a request and its answer, or counts messages"},
	{"internal/pairs", "internal/checksum", "frames end with one"},
	{"internal/pairs", ".", "events come and go between peers"},
	{"internal/decode", "internal/fields", "registers hold what a struct describes"},
	{"internal/decode", "internal/payload", "what a message says is made safe to show"},
	{"internal/decode", ".", "its faults are errors, messages have a direction"},
	{"internal/encode", "internal/decode", "a request is called as its decoder calls it"},
	{"internal/encode", "internal/payload", "a request is a payload as people write it"},
	{"internal/encode", ".", "what is wrong with a field is an error"},
	{"internal/fields", "internal/payload", "a fault in a spec names its column"},
	{"internal/fields", ".", "its faults are errors, frames have a direction"},
	{"internal/rule", "internal/payload", "replies and patterns are payloads as people write them"},
	{"internal/rule", ".", "plans are about peers"},
	{"internal/schedule", "internal/payload", "rows are payloads"},
	{"internal/schedule", "internal/regular", "a file to send has an end"},
	{"internal/schedule", "internal/checksum", "rows name checksums"},
	{"internal/schedule", ".", "its faults are errors"},
	{"internal/crcsearch", "internal/checksum", "what it finds is a checksum at the end of a frame"},
	{"internal/payload", "internal/checksum", "fields that are checksums"},
	{"internal/payload", ".", "its faults are errors"},
	{"internal/checksum", ".", "its faults are errors"},
	{"internal/regular", ".", "its faults are errors"},
	{"internal/private", ".", "its faults are errors"},
	{"internal/deploy", "internal/mdns", "a board is named as it announces itself"},
	{"internal/deploy", "internal/regular", "keys and what is copied are files with an end"},
	{"internal/deploy", "internal/payload", "what a board says is made safe to show"},
	{"internal/deploy", ".", "its faults are errors with a next step"},
	{"internal/service", ".", "its faults are errors with a next step"},
	{"internal/localca", "internal/private", "its key is this user's alone"},
	{"internal/localca", ".", "its faults are errors"},
	{"internal/glossary", ".", "texts in both languages"},
	{"internal/pcapng", ".", "packets are made of events and peers"},
}

// Besides the rooms there are programs and a library that stand alone.
const (
	library  = "socket"                           // imports nothing of ours
	examples = "examples"                         // import only the library
	tools    = "internal/tools"                   // import what they like; nothing imports them
	bench    = "bench"                            // measures the program from outside
	drivers  = "internal/transport/transporttest" // opens every kind of socket for tests; only tests import it
	ports    = "internal/freeport"                // finds ports for tests; only tests import it, and it imports nothing of ours
	sshd     = "internal/deploy/sshdtest"         // a board for tests; as ports
	fuzzed   = "internal/fuzztest"                // gives parsers mutated files; as ports
)

// TestRooms holds every import between our packages against the edges. It reads
// the files of all systems, not only of this one.
func TestRooms(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, spec := range f.ast.Imports {
			to, ours := ourPackage(importPath(spec))
			if !ours || to == f.dir && f.test {
				continue
			}
			if within(f.dir, "internal/transport") && f.test && (to == drivers || within(to, "internal/transport")) {
				continue // tests of the rooms of transport open real sessions
			}
			if (f.dir == "internal/core" || f.dir == "internal/doctor" || f.dir == "internal/load" || f.dir == "internal/mdns" || f.dir == "internal/webui/page" || f.dir == "cmd/sockeye-hub") && f.test && to == drivers {
				continue // their labs are made of networks, too
			}
			if f.test && (to == ports || to == sshd || to == fuzzed) {
				continue
			}
			if why := forbidden(f.dir, to); why != "" {
				t.Errorf("%s imports %s: %s", f.name, to, why)
			}
		}
	}
}

// forbidden says why one of our packages may not import another, or "".
func forbidden(from, to string) string {
	switch {
	case within(from, tools):
		return ""
	case from == drivers && (within(to, "internal/transport") || to == "." || to == "internal/netinfo/netinfotest"):
		return ""
	case to == drivers, to == ports, to == sshd, to == fuzzed:
		return "only tests import it"
	case within(to, tools), within(to, examples), within(to, "cmd"):
		return "nothing imports programs"
	case within(from, library):
		return "package socket stands alone"
	case within(from, examples) && to != library:
		return "the examples import only package socket"
	case within(from, examples):
		return ""
	}
	for _, d := range edges {
		if d.from == from && d.to == to {
			return ""
		}
	}
	return "there is no such edge in the table of rooms_test.go"
}

// TestEdges holds the table itself: every edge leads down, and says why.
func TestEdges(t *testing.T) {
	levelOf := func(room string) int {
		return slices.IndexFunc(levels, func(f []string) bool { return slices.Contains(f, room) })
	}
	rooms := slices.Concat(levels...)
	slices.Sort(rooms)
	if once := slices.Compact(slices.Clone(rooms)); len(once) != len(rooms) {
		t.Errorf("a room stands in two levels: %q", rooms)
	}
	seen := map[[2]string]bool{}
	for _, d := range edges {
		if seen[[2]string{d.from, d.to}] {
			t.Errorf("the edge %s -> %s stands twice", d.from, d.to)
		}
		seen[[2]string{d.from, d.to}] = true
		from, to := levelOf(d.from), levelOf(d.to)
		if from < 0 || to < 0 || from >= to || d.why == "" {
			t.Errorf("the edge %s -> %s does not lead down, or has no reason", d.from, d.to)
		}
	}
}

// TestEveryEdgeIsUsed: an edge that no file needs any more leaves the table.
func TestEveryEdgeIsUsed(t *testing.T) {
	used := map[[2]string]bool{}
	for _, f := range sourceFiles(t) {
		for _, spec := range f.ast.Imports {
			if to, ours := ourPackage(importPath(spec)); ours {
				used[[2]string{f.dir, to}] = true
			}
		}
	}
	for _, d := range edges {
		if !used[[2]string{d.from, d.to}] {
			t.Errorf("nothing in %s imports %s: take the edge away", d.from, d.to)
		}
	}
}

// usualEdges is how many other rooms a room may know, and manyEdges how many those may that join
// others: commands, the core, drivers. A number is only raised with a reason in the commit, and
// lowered as soon as it can be.
const usualEdges = 6

var manyEdges = map[string]int{
	"internal/core":              20,
	"internal/offline":           21,
	"internal/boards":            13,
	"internal/device":            13,
	"internal/terminal":          12,
	"internal/offline/tutorial":  11,
	"internal/hub/server":        10,
	"internal/transport/schemes": 10,
	"internal/offline/codec":     9,
	"internal/responder":         9,
	"internal/query":             9,
	"internal/workspace":         9,
	"internal/cli":               8,
	"internal/offline/host":      8,
	"client":                     8,
	"internal/api":               8,
	"internal/load":              7,
	"internal/transport/tcp":     7,
	"internal/transport/dtls":    7,
	"internal/transport/tls":     7,
}

// TestFewEdges: a room that knows most others is no room.
func TestFewEdges(t *testing.T) {
	known := map[string]int{}
	for _, d := range edges {
		known[d.from]++
	}
	for room, n := range known {
		most, listed := manyEdges[room]
		switch {
		case !listed && n > usualEdges:
			t.Errorf("%s has %d edges, more than %d: put things where they belong", room, n, usualEdges)
		case listed && n > most:
			t.Errorf("%s has %d edges, more than %d: put things where they belong", room, n, most)
		case listed && n < most:
			t.Errorf("%s has %d edges and may have %d: lower it in manyEdges", room, n, most)
		}
	}
}

// TestNounsImportOnlyTheStandardLibrary: the root package is what everybody
// imports.
func TestNounsImportOnlyTheStandardLibrary(t *testing.T) {
	for _, f := range sourceFiles(t) {
		for _, spec := range f.ast.Imports {
			if p := importPath(spec); f.dir == "." && !f.test && !standard(p) {
				t.Errorf("%s imports %s", f.name, p)
			}
		}
	}
}

// TestPackageComments: every package says in exactly one place what it is for.
func TestPackageComments(t *testing.T) {
	comments := map[string]int{}
	for _, f := range sourceFiles(t) {
		switch {
		case f.test:
		case f.ast.Doc != nil:
			comments[f.dir]++
		default:
			comments[f.dir] += 0
		}
	}
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("the package in %s has %d package comments, want one", dir, n)
		}
	}
}

// The rule of the allowed imports itself: down is allowed, up and sideways is not, and the
// tutorial's socket stands alone.
func TestForbidden(t *testing.T) {
	got := map[string]bool{}
	for _, edge := range []string{
		"internal/cli internal/core", "internal/core internal/cli", "internal/transport internal/journal",
		"socket .", "examples/client socket", "examples/client .", "internal/tools/man internal/cli", "internal/cli internal/tools/man",
	} {
		from, to, _ := strings.Cut(edge, " ")
		got[edge] = forbidden(from, to) == ""
	}
	want := map[string]bool{
		"internal/cli internal/core": true, "internal/core internal/cli": false, "internal/transport internal/journal": false,
		"socket .": false, "examples/client socket": true, "examples/client .": false, "internal/tools/man internal/cli": true, "internal/cli internal/tools/man": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("allowed (-want +got):\n%s", diff)
	}
}

// sourceFile is one Go file of the module.
type sourceFile struct {
	name, dir string // by slashes, from the root
	test      bool
	ast       *ast.File // up to its imports
}

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		files = append(files, sourceFile{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), tree})
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return p
}

// ourPackage is the folder of a package of this module, "." for the root's.
func ourPackage(importPath string) (dir string, ours bool) {
	if importPath == "sockeye" {
		return ".", true
	}
	return strings.CutPrefix(importPath, "sockeye/")
}

// standard reports whether a package is of the standard library: only other
// modules have a dot in their first word.
func standard(importPath string) bool {
	_, ours := ourPackage(importPath)
	first, _, _ := strings.Cut(importPath, "/")
	return !ours && !strings.Contains(first, ".")
}

func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }
