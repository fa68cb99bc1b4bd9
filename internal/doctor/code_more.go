package doctor

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"sockeye/internal/netinfo"
)

// What a code says behind the sockets, by tag. It goes to other versions: only append,
// and a tag never changes its number.
//
//	v6Only    the numbers of the sockets that take no IPv4
//	strict    the numbers of the interfaces that filter by the way back
//	files     how many the program has open, and may have (varints)
//	oneTable  nothing: the rows that follow decide alone where packets go
//	row       of the routing table: flags (1), interface (1), address, bits (1), and the gateway's
//	          address if it has one
//	bound     a socket that takes from one interface alone: its number, the interface (1) and the
//	          interface's name; it stands before the rows
//	signed    the numbers of the sockets that want signatures
const (
	tagV6Only   = 1
	tagStrict   = 2
	tagFiles    = 3
	tagOneTable = 4
	tagRow      = 5
	tagBound    = 6
	tagSigned   = 7
)

// codeRows is how many rows of the routing table a code has at most; with more there are none.
const codeRows = 16

// codeKinds are the kinds of rows; the lowest bits of a row's flags are their numbers.
var codeKinds = []string{"unicast", "blackhole", "unreachable", "prohibit"}

// The flags of a row above its kind, and the interface that is none of those in the code.
const (
	kindBits      = 3
	gatewaySilent = 0x04
	loopback      = 254
	noInterface   = 255
)

// appendMore adds what is behind the sockets.
func (f *Facts) appendMore(b []byte) []byte {
	var alone, strict, signed []byte
	for n, s := range f.codeListening() {
		if s.V6Only {
			alone = append(alone, byte(n))
		}
		if s.Signed {
			signed = append(signed, byte(n))
		}
	}
	names := []string{}
	for n, i := range f.codeList() {
		names = append(names, i.Name)
		if i.Strict {
			strict = append(strict, byte(n))
		}
	}
	b = appendTagged(b, tagV6Only, alone)
	b = appendTagged(b, tagStrict, strict)
	b = appendTagged(b, tagSigned, signed)
	b = f.appendBound(b, names)
	if f.Files.Limit > 0 {
		b = appendTagged(b, tagFiles, binary.AppendUvarint(binary.AppendUvarint(nil, uint64(f.Files.Open)), uint64(f.Files.Limit)))
	}
	rows := f.farRows()
	if f.didNotSee("routes") || f.Routes.ByRules || len(f.Routes.Rules) > 0 || len(rows) > codeRows {
		return b
	}
	b = append(b, tagOneTable, 0)
	for _, r := range rows {
		flags := wordNumber(codeKinds, r.Kind)
		if (netinfo.Neighbour{State: r.GatewayState}).Silent() {
			flags |= gatewaySilent
		}
		at := slices.Index(names, r.Interface)
		if at < 0 {
			at = noInterface
		}
		row := append(appendAddr([]byte{flags, byte(at)}, r.To.Addr()), byte(r.To.Bits()))
		if r.Gateway.IsValid() {
			row = appendAddr(row, r.Gateway)
		}
		b = appendTagged(b, tagRow, row)
	}
	return b
}

// appendBound tells which interface sockets take from, where that is one alone.
func (f *Facts) appendBound(b []byte, names []string) []byte {
	for n, s := range f.codeListening() {
		if s.Interface == "" {
			continue
		}
		at := slices.Index(names, s.Interface)
		switch {
		case f.interfaceOf(s.Interface).Loopback:
			at = loopback
		case at < 0:
			at = noInterface
		}
		b = appendTagged(b, tagBound, append([]byte{byte(n), byte(at)}, s.Interface[:min(len(s.Interface), codeProgram)]...))
	}
	return b
}

func appendTagged(b []byte, tag byte, what []byte) []byte {
	if len(what) == 0 {
		return b
	}
	return append(append(b, tag, byte(len(what))), what...)
}

// farRows are the rows of the main table that decide for machines behind a gateway, or forbid,
// and of each network the one that is taken.
func (f *Facts) farRows() (list []netinfo.RouteEntry) {
	for _, r := range f.Routes.Rows {
		if r.Table != 0 || f.codeHas(r) || r.To.Addr().IsLinkLocalUnicast() || r.To.Addr().IsMulticast() {
			continue
		}
		if best, found := netinfo.BestEntry(f.sameNetwork(r), r.To.Addr()); found && best == r {
			list = append(list, r)
		}
	}
	return list
}

// codeHas says that a row is that of an interface's own network, of which the code tells.
func (f *Facts) codeHas(r netinfo.RouteEntry) bool {
	for _, i := range f.codeList() {
		own := func(p netip.Prefix) bool { return p.Masked() == r.To }
		if i.Name == r.Interface && !r.Gateway.IsValid() && slices.ContainsFunc(i.Prefixes[:min(len(i.Prefixes), codePrefixes)], own) {
			return true
		}
	}
	return false
}

// sameNetwork are the rows of the main table for the network of a row.
func (f *Facts) sameNetwork(row netinfo.RouteEntry) (list []netinfo.RouteEntry) {
	for _, r := range f.Routes.Rows {
		if r.Table == 0 && r.To == row.To {
			list = append(list, r)
		}
	}
	return list
}

// more takes over what stands behind a tag.
func (r *codeReader) more(f *Facts, tag int, b []byte) {
	if r.err != nil {
		return
	}
	switch tag {
	case tagV6Only:
		for _, n := range b {
			if int(n) < len(f.Sockets) {
				f.Sockets[n].V6Only = true
			}
		}
	case tagStrict:
		for _, n := range b {
			if int(n) < len(f.Interfaces) {
				f.Interfaces[n].Strict = true
			}
		}
	case tagFiles:
		inner := &codeReader{rest: b}
		f.Files = netinfo.FileUse{Open: inner.varint(), Limit: inner.varint()}
		r.err = inner.err
	case tagOneTable:
		f.Unseen = slices.DeleteFunc(f.Unseen, func(what string) bool { return what == "routes" })
		for n := range f.Interfaces { // rows need a name, which a code does not tell
			f.Interfaces[n].Name = cmp.Or(f.Interfaces[n].Name, fmt.Sprintf("#%d", n+1))
		}
	case tagBound:
		r.bound(f, b)
	case tagSigned:
		for _, n := range b {
			if int(n) < len(f.Sockets) {
				f.Sockets[n].Signed = true
			}
		}
	case tagRow:
		r.row(f, b)
	}
}

// bound is a socket that takes from one interface alone, which gets its name.
func (r *codeReader) bound(f *Facts, b []byte) {
	inner := &codeReader{rest: b}
	n, at := inner.number(), inner.number()
	name := string(inner.rest)
	if r.err = inner.err; r.err != nil || n >= len(f.Sockets) || name == "" || len(f.Routes.Rows) > 0 {
		return
	}
	f.Sockets[n].Interface = name
	switch {
	case at < len(f.Interfaces) && f.Interfaces[at].Name == "":
		f.Interfaces[at].Name = name
	case at == loopback && f.interfaceOf(name).Name == "":
		f.Interfaces = append(f.Interfaces, InterfaceFacts{Name: name, Up: true, Carrier: true, Loopback: true})
	}
}

// row is a row of the routing table.
func (r *codeReader) row(f *Facts, b []byte) {
	inner := &codeReader{rest: b}
	flags, at, ip := inner.number(), inner.number(), inner.addr()
	to, err := ip.Prefix(inner.number())
	gateway := netip.Addr{}
	if len(inner.rest) > 0 {
		gateway = inner.addr()
	}
	if r.err = inner.err; r.err != nil {
		return
	}
	if err != nil || len(f.Routes.Rows) == codeRows {
		r.err = errShortCode
		return
	}
	row := netinfo.RouteEntry{To: to, Gateway: gateway, Kind: codeKinds[flags&kindBits]}
	if at < len(f.Interfaces) {
		row.Interface = f.Interfaces[at].Name
	}
	if flags&gatewaySilent != 0 {
		row.GatewayState = "FAILED"
	}
	f.Routes.Rows = append(f.Routes.Rows, row)
}
