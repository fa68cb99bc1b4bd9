package doctor

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net"
	"net/netip"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/netinfo"
)

// codePrefix begins every code. A code is what one machine tells of itself to another: short
// enough to be read out, typed or photographed. It begins with the version; then come base32 digits without
// padding (RFC 4648 section 6), which a QR code holds densely. The bytes are:
//
//	system, place and tool (1 each), flags (1), port (2), transport (1)
//	count, then interfaces: flags (1), hardware address (6), count, then prefixes
//	count, then gateways
//	count, then listening sockets: transport (1), address, waiting and backlog (varints), program;
//	of UDP the bytes that nobody reads and the datagrams that found no room are in their place
//	more, each with its tag (1), length (1) and bytes; a reader passes over tags that it does not know
//	the low 16 bits of the CRC-32 of all before
//
// An address is its length (1), 4 or 16 bytes, a prefix has its bits (1) behind.
const codePrefix = "SE1"

// The bounds of a code. What is beyond is left out.
const (
	codeInterfaces = 6
	codePrefixes   = 4
	codeGateways   = 2
	codeSockets    = 6
	codeProgram    = 15 // as the kernel names programs
	mostCode       = 2048
)

// The words that a code has a number for. They go to other versions: only append.
var (
	codeSystems  = []string{"", "linux", "windows", "darwin", "freebsd"}
	codePlaces   = []string{"", "wsl", "docker", "container"}
	codeTools    = []string{"", "nft", "ufw", "firewalld", "windows", "macos"}
	codeNetworks = []string{"tcp", "udp"}
)

// The flags of a code. They go to other versions: a value never changes its meaning.
const (
	noSockets  = 0x01
	noGateways = 0x02
	connects   = 0x04
	hasRules   = 0x08 // of the port
	dropsPort  = 0x10 // packets to it, or what answers them
	movesPort  = 0x20 // to another port or machine (NAT)
)

// The flags of an interface in a code, which stay as they are too.
const (
	isUp       = 0x01
	hasCarrier = 0x02
	isVirtual  = 0x04
)

// Code is the facts that the other side needs, as a short text.
func (f *Facts) Code() string {
	b := []byte{wordNumber(codeSystems, f.System), wordNumber(codePlaces, f.Place), wordNumber(codeTools, f.Firewall.Tool), 0}
	if f.didNotSee("sockets") {
		b[3] |= noSockets
	}
	if f.didNotSee("gateways") {
		b[3] |= noGateways
	}
	if f.Connects {
		b[3] |= connects
	}
	if f.Firewall.Moves {
		b[3] |= movesPort
	}
	if rules := f.Firewall; f.Host == "" && rules.Read && !rules.Unclear {
		b[3] |= hasRules
		if rules.Drops {
			b[3] |= dropsPort
		}
	}
	b = binary.BigEndian.AppendUint16(b, f.Port)
	b = append(b, wordNumber(codeNetworks, string(f.transport())))
	b = f.appendInterfaces(b)
	gateways := f.oneGatewayEach()
	b = append(b, byte(len(gateways)))
	for _, ip := range gateways {
		b = appendAddr(b, ip)
	}
	b = f.appendListening(b)
	b = f.appendMore(b)
	b = binary.BigEndian.AppendUint16(b, uint16(crc32.ChecksumIEEE(b)))
	return codePrefix + "-" + grouped(codeDigits.EncodeToString(b))
}

var codeDigits = base32.StdEncoding.WithPadding(base32.NoPadding)

// grouped puts a dash after each five digits, so that they can be read out.
func grouped(digits string) string {
	var groups []string
	for group := range slices.Chunk([]byte(digits), 5) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

func wordNumber(words []string, word string) byte { return byte(max(0, slices.Index(words, word))) }

// codeList are the interfaces that a code tells of.
func (f *Facts) codeList() (list []InterfaceFacts) {
	for _, i := range f.Interfaces {
		if !i.Loopback && len(list) < codeInterfaces && (len(i.Prefixes) > 0 || i.HardwareAddress != "") {
			list = append(list, i)
		}
	}
	return list
}

// oneGatewayEach is the first gateway of each family.
func (f *Facts) oneGatewayEach() (list []netip.Addr) {
	for _, ip := range f.Gateways {
		if !slices.ContainsFunc(list, func(other netip.Addr) bool { return other.Is4() == ip.Is4() }) {
			list = append(list, ip)
		}
	}
	return list
}

// codeListening are the sockets that a code tells of.
func (f *Facts) codeListening() []netinfo.SocketInfo {
	list := append(f.listening(sockeye.TCP), f.listening(sockeye.UDP)...)
	return list[:min(len(list), codeSockets)]
}

func (f *Facts) appendInterfaces(b []byte) []byte {
	list := f.codeList()
	b = append(b, byte(len(list)))
	for _, i := range list {
		flags := byte(0)
		for bit, on := range map[byte]bool{isUp: i.Up, hasCarrier: i.Carrier, isVirtual: i.Virtual} {
			if on {
				flags |= bit
			}
		}
		b = append(b, flags)
		var hardware [6]byte
		if mac, err := net.ParseMAC(i.HardwareAddress); err == nil && len(mac) == len(hardware) {
			copy(hardware[:], mac)
		}
		b = append(b, hardware[:]...)
		prefixes := i.Prefixes[:min(len(i.Prefixes), codePrefixes)]
		b = append(b, byte(len(prefixes)))
		for _, p := range prefixes {
			b = append(appendAddr(b, p.Addr()), byte(p.Bits()))
		}
	}
	return b
}

func appendAddr(b []byte, ip netip.Addr) []byte {
	raw := ip.AsSlice()
	return append(append(b, byte(len(raw))), raw...)
}

func (f *Facts) appendListening(b []byte) []byte {
	list := f.codeListening()
	b = append(b, byte(len(list)))
	for _, s := range list {
		b = appendAddr(append(b, wordNumber(codeNetworks, string(s.Network))), s.Local.Addr())
		var queue netinfo.ListenQueue
		for _, q := range f.Queues {
			if !s.Network.Traits().Datagram && q.Local == s.Local {
				queue = q
			}
		}
		if s.Network.Traits().Datagram && f.Watched {
			queue.Waiting, queue.Backlog = s.Unread, s.Drops
		}
		b = binary.AppendUvarint(b, uint64(queue.Waiting))
		b = binary.AppendUvarint(b, uint64(queue.Backlog))
		program := s.Program[:min(len(s.Program), codeProgram)]
		b = append(append(b, byte(len(program))), program...)
	}
	return b
}

// ParseCode reads the code of another machine. Small letters, spaces and missing dashes are
// taken; an error is an *sockeye.Error of the kind invalid.
func ParseCode(text string) (*Facts, error) {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune("- \t\r\n", r) {
			return -1
		}
		return r
	}, strings.ToUpper(text))
	digits, ok := strings.CutPrefix(clean, codePrefix)
	if !ok {
		return nil, badCode(say("a code begins with %s", "代码以 %s 开头", codePrefix))
	}
	if len(digits) > mostCode {
		return nil, badCode(say("this is too long for a code", "内容过长，不是代码"))
	}
	b, err := codeDigits.DecodeString(digits)
	if err != nil || len(b) < 3 {
		return nil, badCode(say("a digit of the code is wrong, or some are missing", "代码中有错误的字符，或有遗漏"))
	}
	body, sum := b[:len(b)-2], binary.BigEndian.Uint16(b[len(b)-2:])
	if uint16(crc32.ChecksumIEEE(body)) != sum {
		return nil, badCode(say("a digit of the code is wrong, or some are missing", "代码中有错误的字符，或有遗漏"))
	}
	r := &codeReader{rest: body}
	f := r.facts()
	if r.err != nil || len(r.rest) > 0 {
		return nil, badCode(say("the code is of another version of sockeye", "代码来自其他版本的 sockeye"))
	}
	return f, nil
}

func badCode(message sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: "code", Message: message,
		Hint: say("copy all that sockeye doctor --code printed there", "请完整复制对方 sockeye doctor --code 的输出")}
}

// codeReader takes a code apart. After the first error everything is zero.
type codeReader struct {
	rest []byte
	err  error
}

var errShortCode = errors.New("the code ends early")

func (r *codeReader) take(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.err = errShortCode
		return make([]byte, min(n, 16))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *codeReader) number() int { return int(r.take(1)[0]) }

func (r *codeReader) word(words []string) string {
	if n := r.number(); n < len(words) {
		return words[n]
	}
	return ""
}

// count is a number of things, which are at most as many as given.
func (r *codeReader) count(most int) int {
	n := r.number()
	if n > most {
		r.err = errShortCode
	}
	if r.err != nil {
		return 0
	}
	return n
}

func (r *codeReader) varint() int {
	v, n := binary.Uvarint(r.rest)
	if r.err != nil || n <= 0 || v > 1<<31 {
		r.err = errShortCode
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

func (r *codeReader) addr() netip.Addr {
	n := r.number()
	if n != 4 && n != 16 {
		r.err = errShortCode
		return netip.Addr{}
	}
	ip, _ := netip.AddrFromSlice(r.take(n))
	return ip
}

func (r *codeReader) facts() *Facts {
	f := &Facts{V: 1, System: r.word(codeSystems), Place: r.word(codePlaces), Local: true}
	f.Firewall.Tool = r.word(codeTools)
	flags := r.number()
	if flags&noSockets != 0 {
		f.unseen("sockets")
	}
	if flags&noGateways != 0 {
		f.unseen("gateways")
	}
	f.Connects = flags&connects != 0
	f.Firewall.Read, f.Firewall.Drops, f.Firewall.Moves = flags&hasRules != 0, flags&dropsPort != 0, flags&movesPort != 0
	f.Port = binary.BigEndian.Uint16(r.take(2))
	f.Network = sockeye.Network(r.word(codeNetworks))
	for range r.count(codeInterfaces) {
		f.Interfaces = append(f.Interfaces, r.networkInterface())
	}
	for range r.count(codeGateways) {
		f.Gateways = append(f.Gateways, r.addr())
	}
	for range r.count(codeSockets) {
		r.socket(f)
	}
	f.unseen("routes") // until they are told
	for r.err == nil && len(r.rest) > 0 {
		tag := r.number()
		r.more(f, tag, r.take(r.number()))
	}
	return f
}

func (r *codeReader) networkInterface() InterfaceFacts {
	flags := r.number()
	i := InterfaceFacts{Up: flags&isUp != 0, Carrier: flags&hasCarrier != 0, Virtual: flags&isVirtual != 0}
	if mac := net.HardwareAddr(r.take(6)); r.err == nil && !slices.Equal(mac, make([]byte, 6)) {
		i.HardwareAddress = mac.String()
	}
	for range r.count(codePrefixes) {
		ip := r.addr()
		i.Prefixes = append(i.Prefixes, netip.PrefixFrom(ip, r.number()))
	}
	return i
}

func (r *codeReader) socket(f *Facts) {
	s := netinfo.SocketInfo{Network: sockeye.Network(r.word(codeNetworks)), State: "LISTEN", UID: -1}
	if s.Network.Traits().Datagram {
		s.State = "UNCONNECTED"
	}
	s.Local = netip.AddrPortFrom(r.addr(), f.Port)
	queue := netinfo.ListenQueue{Local: s.Local, Waiting: r.varint(), Backlog: r.varint()}
	s.Program = string(r.take(r.count(codeProgram)))
	f.Sockets = append(f.Sockets, s)
	if !s.Network.Traits().Datagram {
		f.Queues = append(f.Queues, queue)
		return
	}
	last := &f.Sockets[len(f.Sockets)-1]
	last.Unread, last.Drops = queue.Waiting, queue.Backlog
	f.Watched = f.Watched || last.Unread > 0
}
