package mdns

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"sockeye"
)

// askAgain is after which times a question is asked again while there may be no answer yet
// (RFC 6762 section 5.2); lookupLimit is how long a name is asked for. Once there is an address, others of
// the same machine have lateAddresses to come.
var askAgain = []time.Duration{0, 250 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

const (
	lookupLimit   = 2 * time.Second
	lateAddresses = 150 * time.Millisecond
)

// Lookup finds the addresses of a host whose name ends with ".local": IPv4 first, those of
// a link alone with the zone of the interface. It asks for 2 s at most. No machine that
// answers is the error NoSuchHost, an *sockeye.Error.
func Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	limited, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	name := hostName(host)
	a, err := newAsker()
	if err != nil {
		return nil, noLink("resolve", host, err)
	}
	questions := func(*answers) []dns.Question { return addressQuestions(name) }
	a.run(limited, questions, func(heard *answers) {
		if len(heard.addresses(name)) > 0 {
			time.AfterFunc(lateAddresses, cancel)
		}
	})
	if found := a.heard.addresses(name); len(found) > 0 {
		return found, nil
	}
	if errors.Is(ctx.Err(), context.Canceled) { // that a time ran out is silence of the link
		return nil, &sockeye.Error{Kind: sockeye.Canceled, Op: "resolve", Target: host, Err: context.Cause(ctx)}
	}
	return nil, &sockeye.Error{Kind: sockeye.NoSuchHost, Op: "resolve", Target: host,
		Message: sockeye.Text{En: "no machine on this link answers to that name (mDNS)", Zh: "本地链路上没有机器应答该名称（mDNS）"},
		Hint:    sockeye.Text{En: "is it switched on, and in the same network? sockeye discover lists those that answer", Zh: "它是否已开机并在同一网络中？sockeye discover 列出有应答的机器"}}
}

// Discover lists the services of some types that answer within a time, by name; found, if
// it is not nil, is called with each as soon as it is known well enough to be used. It
// returns early when ctx ends. The error is an *sockeye.Error.
func Discover(ctx context.Context, wait time.Duration, found func(ServiceInstance), types ...string) ([]ServiceInstance, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	a, err := newAsker()
	if err != nil {
		return nil, noLink("discover", "", err)
	}
	told := map[string]bool{}
	a.run(ctx, func(heard *answers) []dns.Question { return heard.missing(types) }, func(heard *answers) {
		for _, s := range heard.services(types) {
			key := s.Name + "\x00" + s.Type
			if found != nil && len(s.Addresses) > 0 && !told[key] {
				told[key] = true
				found(s)
			}
		}
	})
	return a.heard.services(types), nil
}

func addressQuestions(name string) []dns.Question {
	return []dns.Question{{Name: name, Qtype: dns.TypeA, Qclass: dns.ClassINET}, {Name: name, Qtype: dns.TypeAAAA, Qclass: dns.ClassINET}}
}

// asker asks on all links and keeps what was answered.
type asker struct {
	links []*link
	heard *answers
	id    uint16
}

func newAsker() (*asker, error) {
	links, err := openLinks(dial)
	if err != nil {
		return nil, err
	}
	return &asker{links, &answers{}, dns.Id()}, nil
}

// run asks what questions says, at the times of askAgain and, where an answer has led to
// new ones, for these at once. It calls heard after each answer, ends with ctx, and closes
// the links.
func (a *asker) run(ctx context.Context, questions func(*answers) []dns.Question, heard func(*answers)) {
	packets := make(chan packet)
	var reading sync.WaitGroup
	for _, l := range a.links {
		reading.Go(func() { l.serve(packets, ctx.Done()) })
	}
	defer reading.Wait()
	defer closeLinks(a.links)
	begun, tries := time.Now(), 0
	again := time.NewTimer(0)
	defer again.Stop()
	var asked []dns.Question
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			asked = questions(a.heard)
			a.ask(asked)
			if tries++; tries < len(askAgain) {
				again.Reset(time.Until(begun.Add(askAgain[tries])))
			}
		case p := <-packets:
			if !a.take(p) {
				continue
			}
			heard(a.heard)
			next := slices.DeleteFunc(questions(a.heard), func(q dns.Question) bool { return slices.Contains(asked, q) })
			asked = append(asked, next...)
			a.ask(next)
		}
	}
}

// questionsPerMessage keeps a message of questions below 1,472 bytes, with any names.
const questionsPerMessage = 5

// ask sends questions on every link. Only their first 100 are asked: no link has a
// thousand boards, but a program on it may say so.
func (a *asker) ask(questions []dns.Question) {
	questions = questions[:min(len(questions), 100)]
	for part := range slices.Chunk(questions, questionsPerMessage) {
		m := dns.Msg{MsgHdr: dns.MsgHdr{Id: a.id}, Question: part}
		data, err := m.Pack()
		if err != nil {
			continue // a name that was typed is no name
		}
		for _, l := range a.links {
			l.send(data)
		}
	}
}

// take keeps the records of an answer to this asker. It says whether it was one.
func (a *asker) take(p packet) bool {
	m, ok := unpack(p.data)
	if !ok || !m.Response || m.Id != a.id || m.Opcode != dns.OpcodeQuery {
		return false
	}
	a.heard.add(p.link.iface.Name, m.Answer)
	a.heard.add(p.link.iface.Name, m.Extra)
	return true
}
