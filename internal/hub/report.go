package hub

import (
	"errors"
	"fmt"
	"sync"

	"sockeye"
)

// trouble is something that can be wrong, and be well again, by itself.
type trouble int

const (
	troubleLink   trouble = iota // the connection to the hub
	troubleStream                // the hub does not take events
	troubles
)

// notYet is how something is that was not told of yet: that it is well is told, too.
const notYet sockeye.ErrorKind = "not-yet"

// reporter tells each change once. Of one kind of failure only the first is told: what
// comes after it, until all is well again, says the same in other words.
type reporter struct {
	tell func(error)

	mu  sync.Mutex
	now [troubles]sockeye.ErrorKind
}

// set says how something is now.
func (r *reporter) set(t trouble, err error) {
	var kind sockeye.ErrorKind
	if err != nil {
		kind = sockeye.ErrorOf(err).Kind
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tell == nil || r.now[t] == kind {
		return
	}
	r.now[t] = kind
	for _, other := range r.now {
		if err == nil && other != "" {
			return // something else is still wrong
		}
	}
	r.tell(err)
}

// The errors of JetStream that have words of ours.
const (
	wrongLastSequence  = 10071
	storageExceeded    = 10047
	insufficientRoom   = 10023
	messageTooLarge    = 10054
	streamStoreFailed  = 10077
	storageUnavailable = 10074
)

// errMovedOn is the failure of a message that is not the next one: that before it was
// stored, but not acknowledged in time, or another program has the same key.
var errMovedOn = errors.New("the stream has moved on")

// twoPrograms is the error of a key that two programs use.
func twoPrograms(id *Identity) error {
	return &sockeye.Error{Kind: sockeye.Conflict, Op: "send", Target: id.String(),
		Message: sockeye.Text{En: "another program publishes with the key of this board", Zh: "另一个程序正在用此开发板的密钥发布"},
		Hint:    sockeye.Text{En: "end both, and enrol one of them under a name of its own", Zh: "请结束两者，并为其中一个另行注册名称"}}
}

// foreignMessage is the error of a board among whose events somebody else has put a message.
func foreignMessage(id *Identity) error {
	return &sockeye.Error{Kind: sockeye.Conflict, Op: "send", Target: id.String(),
		Message: sockeye.Text{En: "somebody else has put a message among the events of this board on the hub", Zh: "有其他程序在集线服务上向此开发板的事件中写入了消息"},
		Hint:    sockeye.Text{En: "nothing is lost, and readers leave it out; look for the key that was stolen, and revoke it: sockeye hub revoke", Zh: "不会丢失，读取时会略过该消息；请找出被盗用的密钥并吊销：sockeye hub revoke"}}
}

// notStored is why the hub did not take a message.
func notStored(code int, description string) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "send", Target: Stream, Message: sockeye.Text{En: fmt.Sprintf("the hub does not take events: %.120q", description), Zh: fmt.Sprintf("集线服务不接收事件：%.120q", description)},
		Hint: sockeye.Text{En: "nothing is lost: they stay on the disk here until it does", Zh: "不会丢失：事件保留在本机磁盘上，直到集线服务接收"}}
	switch code {
	case wrongLastSequence:
		return errMovedOn
	case storageExceeded, insufficientRoom, streamStoreFailed, storageUnavailable:
		e.Kind = sockeye.LimitReached
		e.Message = sockeye.Text{En: fmt.Sprintf("the hub has no room: %.120q", description), Zh: fmt.Sprintf("集线服务空间不足：%.120q", description)}
	case messageTooLarge:
		e.Kind = sockeye.TooLarge
		e.Hint = sockeye.Text{En: "raise max_payload of the NATS server", Zh: "请增大 NATS 服务器的 max_payload"}
	}
	return e
}

// foreignRecording is the error of a board whose hub has more events of it than it made.
func (p *Publisher) foreignRecording(event, next uint64) error {
	return &sockeye.Error{Kind: sockeye.Conflict, Op: "send", Target: p.o.Identity.String(),
		Message: sockeye.Text{En: fmt.Sprintf("the hub has events up to %d of this board, the recording here ends at %d: it is another one, or lost its end", event, next-1),
			Zh: fmt.Sprintf("集线服务已有此开发板到第 %d 号的事件，而本机记录止于第 %d 号：不是同一份记录，或末尾已丢失", event, next-1)},
		Hint: sockeye.Text{En: "record where it recorded before, or enrol it under a new name", Zh: "请记录到原来的目录，或用新名称重新注册"}}
}

// wentBack is the error of a hub that had events of this board and has them no more, from one
// on: its stream was deleted, or an older copy was put in its place.
func (p *Publisher) wentBack(from uint64) error {
	return &sockeye.Error{Kind: sockeye.Conflict, Op: "send", Target: p.o.Identity.String(),
		Message: sockeye.Text{En: fmt.Sprintf("the hub has lost the events %d to %d of this board", from, p.reached), Zh: fmt.Sprintf("集线服务丢失了此开发板第 %d 至 %d 号事件", from, p.reached)},
		Hint:    sockeye.Text{En: "they are published again from the recording here; was its stream deleted, or an older copy put back?", Zh: "正在从本机记录重新发布；是否删除过数据流，或恢复了旧的备份？"}}
}
