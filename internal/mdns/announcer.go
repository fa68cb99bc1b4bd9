package mdns

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// The times of RFC 6762 section 8: probes are sent three times, 250 ms apart, then the
// records are announced twice, a second apart.
const (
	probes         = 3
	probeInterval  = 250 * time.Millisecond
	announcements  = 2
	announceEvery  = time.Second
	conflictDelay  = time.Second
	manyConflicts  = 15 // from then on probing waits slowProbe (section 8.1)
	slowProbe      = 5 * time.Second
	lookForLinks   = 2 * time.Second // how often interfaces and addresses are looked at
	answerInterval = time.Second     // the same answer is not sent to a link more often
	maxQuestions   = 32              // of a message that are answered: no more of ours can be asked
)

// Announcer makes an Announcement known on all links, until it is closed. It follows
// interfaces that come, go and get other addresses. Safe for concurrent use.
type Announcer struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup
	done   <-chan struct{}

	// Of run alone:
	what      Announcement
	base      string // the name that was wanted
	tries     int    // how many names were taken
	renamed   func(name string)
	links     []*link
	seen      []netip.Prefix // the addresses of all links when they were opened
	packets   chan packet
	late      chan func() // answers whose time has come
	step      int         // how many probes and announcements were sent
	conflicts int
	next      *time.Timer
	answered  map[string]time.Time // by link and records, when
}

// Announce begins to announce; it returns at once. Where another machine has the name
// already, a number is put behind it, and renamed is called with what became of it, from
// another goroutine. A machine without a link announces as soon as there is one. The error
// says that the name is none.
func Announce(what Announcement, renamed func(name string)) (*Announcer, error) {
	if err := CheckName(what.Name); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &Announcer{cancel: cancel, done: ctx.Done(), what: what, base: what.Name, renamed: renamed,
		packets: make(chan packet), late: make(chan func()), answered: map[string]time.Time{}}
	a.next = time.NewTimer(rand.N(probeInterval))
	a.open()
	a.ended.Go(a.run)
	return a, nil
}

// Close says goodbye, so that others forget the name at once, and returns when that is
// sent.
func (a *Announcer) Close() {
	a.cancel()
	a.ended.Wait()
}

func (a *Announcer) run() {
	look := time.NewTicker(lookForLinks)
	defer look.Stop()
	defer a.next.Stop()
	for {
		select {
		case <-a.done:
			a.goodbye()
			closeLinks(a.links)
			return
		case <-a.next.C:
			a.advance()
		case <-look.C:
			a.follow()
		case p := <-a.packets:
			a.take(p)
		case f := <-a.late:
			f()
		}
	}
}

// open opens the links that there are.
func (a *Announcer) open() {
	a.links, _ = openLinks(listen) // none now: follow looks again
	a.seen = addressesNow()
	for _, l := range a.links {
		a.ended.Go(func() { l.serve(a.packets, a.done) })
	}
}

// addressesNow are the addresses of all interfaces that could be links.
func addressesNow() (list []netip.Prefix) {
	usable, _ := interfaces()
	for _, i := range usable {
		list = append(append(list, prefixesOf(i, 4)...), prefixesOf(i, 6)...)
	}
	return list
}

// follow begins anew when interfaces or addresses have changed.
func (a *Announcer) follow() {
	if slices.Equal(addressesNow(), a.seen) {
		return
	}
	closeLinks(a.links)
	a.open()
	a.begin(0)
}

// begin probes for the name anew, after a while.
func (a *Announcer) begin(after time.Duration) {
	a.step = 0
	clear(a.answered)
	a.next.Reset(after + rand.N(probeInterval))
}

// advance sends the next probe or announcement.
func (a *Announcer) advance() {
	if a.step >= probes+announcements {
		return
	}
	for _, l := range a.links {
		if a.step < probes {
			l.send(pack(a.probe(l)))
		} else {
			l.send(pack(reply(append(a.what.pointers(), a.unique(l)...), nil)))
		}
	}
	if a.step++; a.step <= probes {
		a.next.Reset(probeInterval)
	} else {
		a.next.Reset(announceEvery)
	}
}

// ours says whether the name is, after probing.
func (a *Announcer) ours() bool { return a.step >= probes }

// unique are the records of a link: with the addresses of its interface, in both families.
func (a *Announcer) unique(l *link) []dns.RR {
	return a.what.unique(addressesOf(a.links, l.iface.Index))
}

// everywhere are the unique records of all links together: what one of two interfaces on
// the same link says is no conflict to the other.
func (a *Announcer) everywhere() []dns.RR { return a.what.unique(addressesOf(a.links, 0)) }

// addressesOf are the addresses of one interface, or of all with 0.
func addressesOf(links []*link, index int) (list []netip.Addr) {
	for _, l := range links {
		if index == 0 || l.iface.Index == index {
			for _, p := range l.prefixes {
				list = append(list, p.Addr())
			}
		}
	}
	return list
}

// probe asks whether somebody has the names, and says what we want to say of them (RFC 6762
// section 8.1).
func (a *Announcer) probe(l *link) *dns.Msg {
	m := &dns.Msg{Ns: a.unique(l)}
	for _, name := range []string{a.what.host(), a.what.instance()} {
		m.Question = append(m.Question, dns.Question{Name: name, Qtype: dns.TypeANY, Qclass: dns.ClassINET})
	}
	for _, rr := range m.Ns {
		rr.Header().Class &^= flushBit
	}
	return m
}

func reply(records, besides []dns.RR) *dns.Msg {
	return &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: records, Extra: besides}
}

// pack is a message on the wire. Ours fit: the names were checked. It is nil for an answer
// that repeats a question which cannot be repeated.
func pack(m *dns.Msg) []byte {
	m.Compress = true
	data, err := m.Pack()
	if err != nil || len(data) > maxPacket {
		return nil
	}
	return data
}

// goodbye says that the records are no more.
func (a *Announcer) goodbye() {
	if !a.ours() {
		return
	}
	for _, l := range a.links {
		m := reply(append(a.what.pointers()[:1], a.unique(l)...), nil) // others may have the type
		for _, rr := range m.Answer {
			rr.Header().Ttl = 0
		}
		l.send(pack(m))
	}
}

// take answers a question, or sees what others say of our name.
func (a *Announcer) take(p packet) {
	m, ok := unpack(p.data)
	if !ok || m.Opcode != dns.OpcodeQuery {
		return
	}
	m.Question = m.Question[:min(len(m.Question), maxQuestions)]
	switch {
	case m.Response && p.from.Port() == port:
		if slices.ContainsFunc(slices.Concat(m.Answer, m.Extra), func(rr dns.RR) bool { return isConflict(rr, a.everywhere()) }) {
			a.conflict()
		}
	case m.Response:
	case a.ours():
		a.answer(p, m)
	default:
		a.meet(p, m)
	}
}

// conflict gives up the name, or, of one that was ours, asks again whose it is.
func (a *Announcer) conflict() {
	a.conflicts++
	wait := time.Duration(0)
	if a.conflicts >= manyConflicts {
		wait = slowProbe
	}
	if a.ours() {
		a.begin(wait)
		return
	}
	a.tries++
	a.what.Name = fmt.Sprintf("%s-%d", a.base, a.tries+1)
	if a.tries >= 98 { // three bytes were kept for the number
		a.tries = 0
	}
	if a.renamed != nil {
		a.renamed(a.what.Name)
	}
	a.begin(wait)
}

// meet gives way to somebody who probes for the same name at the same time and whose
// records are later in order.
func (a *Announcer) meet(p packet, m *dns.Msg) {
	var theirs []dns.RR
	for _, rr := range m.Ns {
		if sameName(rr.Header().Name, a.what.host()) {
			theirs = append(theirs, rr)
		}
	}
	if !slices.ContainsFunc(theirs, func(rr dns.RR) bool { return isConflict(rr, a.everywhere()) }) {
		return
	}
	var ours []dns.RR
	for _, rr := range a.unique(p.link) {
		if sameName(rr.Header().Name, a.what.host()) {
			ours = append(ours, rr)
		}
	}
	if before(ours, theirs) {
		a.begin(conflictDelay)
	}
}

// answer answers a question with what is ours: to the asker alone if it is no mDNS
// responder or asks for that, otherwise to the link.
func (a *Announcer) answer(p packet, q *dns.Msg) {
	found, besides := answer(q, append(a.what.pointers(), a.unique(p.link)...))
	if found == nil {
		return
	}
	if p.from.Port() != port {
		a.later(found, func() { p.link.sendTo(pack(legacy(q, found, besides)), p.from) })
		return
	}
	m := pack(reply(found, besides))
	if !slices.ContainsFunc(q.Question, func(q dns.Question) bool { return q.Qclass&flushBit == 0 }) {
		a.later(found, func() { p.link.sendTo(m, p.from) })
		return
	}
	key := fmt.Sprint(p.link.iface.Index, p.from.Addr().Is4(), found)
	probed := len(q.Ns) > 0 // who probes waits for the answer
	if last, ok := a.answered[key]; ok && !probed && time.Since(last) < answerInterval {
		return
	}
	if len(a.answered) > 100 {
		clear(a.answered)
	}
	a.answered[key] = time.Now()
	a.later(found, func() { p.link.send(m) })
}

// later sends an answer: at once where only we can give it, else after 20 to 120 ms, so
// that many who answer the same do not collide (RFC 6762 section 6).
func (a *Announcer) later(found []dns.RR, send func()) {
	if !slices.ContainsFunc(found, func(rr dns.RR) bool { return rr.Header().Class&flushBit == 0 }) {
		send()
		return
	}
	time.AfterFunc(20*time.Millisecond+rand.N(100*time.Millisecond), func() {
		select {
		case a.late <- send:
		case <-a.done:
		}
	})
}

// legacy is an answer to a resolver that is no mDNS resolver: as of a name server (RFC 6762
// section 6.7).
func legacy(q *dns.Msg, found, besides []dns.RR) *dns.Msg {
	plain := func(list []dns.RR) (copies []dns.RR) {
		for _, rr := range list {
			rr = dns.Copy(rr)
			rr.Header().Ttl = min(rr.Header().Ttl, legacyTTL)
			rr.Header().Class &^= flushBit
			copies = append(copies, rr)
		}
		return copies
	}
	m := reply(plain(found), plain(besides))
	m.Id, m.Question = q.Id, q.Question
	return m
}
