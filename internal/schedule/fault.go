package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// ListFault is what is wrong with one field of a list.
type ListFault struct {
	// Row is counted from 0; WholeList is none of them.
	Row int
	// Field is the field as JSON names it: "charset", or "times" of the whole list; "" is
	// the row or the list as a whole.
	Field string
	// Err is of kind Invalid. Its Target is the place for people: "row 2: charset".
	Err *sockeye.Error
}

// WholeList is the row of a fault that is of no row.
const WholeList = -1

// maxFaults bounds how many are told of a list at once.
const maxFaults = 100

func (f *ListFault) Error() string { return f.Err.Error() }

// Unwrap is the error itself.
func (f *ListFault) Unwrap() error { return f.Err }

// FaultIn makes an error one of a field of a list or of a row that InRow names. What the error is about goes into its message.
func FaultIn(field string, err error) *ListFault {
	e := *sockeye.ErrorOf(err)
	if e.Target != "" {
		e.Message = sockeye.Text{En: e.Target + ": " + e.Reason(sockeye.English), Zh: e.Target + "：" + e.Reason(sockeye.Chinese)}
	}
	e.Op, e.Target = "parse", field
	return &ListFault{Row: WholeList, Field: field, Err: &e}
}

// InRow is a fault of a row, counted from 0.
func InRow(n int, f *ListFault) *ListFault {
	e := *f.Err
	e.Target = fmt.Sprintf("row %d", n+1)
	if f.Field != "" {
		e.Target += ": " + f.Field
	}
	return &ListFault{Row: n, Field: f.Field, Err: &e}
}

// Faults are everything that is wrong with the row as a row of a list.
func (r Row) Faults() []*ListFault { return append(r.bounds(), r.PayloadFaults(false)...) }

// PayloadFaults are everything that is wrong with the payload of a row, which may be
// empty and need not be fit for a list; match allows what only replies have.
func (r Row) PayloadFaults(match bool) []*ListFault {
	o, all := r.options()
	o.Match = match
	if _, err := payload.Parse(r.Text, o); err == nil {
		return all
	} else if o.Prefix == "" && o.Suffix == "" {
		return append(all, FaultIn(r.textField(), err))
	}
	return append(all, r.framedFaults(o)...)
}

// framedFaults finds which of message, prefix and suffix are wrong, when together they are.
func (r Row) framedFaults(o payload.ParseOptions) (all []*ListFault) {
	text, prefix, suffix := r.Text, o.Prefix, o.Suffix
	try := func(field string, part *string, o payload.ParseOptions) {
		if _, err := payload.Parse(text, o); err != nil {
			all = append(all, FaultIn(field, err))
			*part = ""
		}
	}
	o.Prefix, o.Suffix = "", ""
	try(r.textField(), &text, o)
	o.Prefix = prefix
	try("prefix", &prefix, o)
	o.Prefix, o.Suffix = prefix, suffix
	try("suffix", &suffix, o)
	return all
}

// textField is the field that the text of a row was written in.
func (r Row) textField() string {
	if r.Hex {
		return "hex"
	}
	return "text"
}

func (r Row) bounds() (all []*ListFault) {
	if r.Text == "" {
		all = append(all, FaultIn(r.textField(), bad("", "there is nothing to send", "没有要发送的内容", "write a payload", "请填写数据")))
	}
	for _, word := range strings.Fields(r.To) {
		if err := sockeye.CheckRecipient(word); err != nil {
			all = append(all, FaultIn("to", err))
		}
	}
	if r.Delay < 0 || r.Delay > MaxDelay {
		all = append(all, FaultIn("delay", bad("", fmt.Sprintf("a delay of %s", r.Delay), fmt.Sprintf("间隔 %s 不可用", r.Delay), "write 0 to 24h", "请写 0 到 24h")))
	}
	if r.Repeat < 0 || r.Repeat > MaxTimes {
		all = append(all, FaultIn("repeat", bad("", fmt.Sprintf("%d is not how often a row is sent", r.Repeat), fmt.Sprintf("重复次数不能是 %d", r.Repeat), "write 1 or more", "请写 1 以上的数")))
	}
	return all
}

// Bounds checks how many rows the list has, and how often it is sent.
func (l *List) Bounds() (all []*ListFault) {
	add := func(field, en, zh, hintEn, hintZh string) {
		f := FaultIn(field, bad("", en, zh, hintEn, hintZh))
		all = append(all, f)
	}
	if l.Times < 0 || l.Times > MaxTimes {
		add("times", fmt.Sprintf("%d is not how often a list is sent", l.Times), fmt.Sprintf("循环次数不能是 %d", l.Times), "write 1 or more; 0 is for ever", "请写 1 以上的数；0 表示无限循环")
	}
	if len(l.Rows) > MaxRows {
		add("row", fmt.Sprintf("more than %d rows", MaxRows), fmt.Sprintf("超过 %d 行", MaxRows), "split the list", "请拆成多个列表")
	}
	return all
}

// Sendable says what keeps a list whose rows are sound from being sent.
func (l *List) Sendable() error {
	round, messages := time.Duration(0), 0
	for _, r := range l.Rows {
		if !r.Off {
			messages += max(1, r.Repeat)
			round += min(r.Delay, MinRound)
		}
	}
	switch {
	case messages == 0:
		return bad(l.Name, "the list has no row to send", "列表中没有要发送的行", "switch a row on", "请启用至少一行")
	case l.Times == 0 && round < MinRound:
		return bad(l.Name, "a list that is sent for ever needs a pause", "无限循环的列表需要有间隔", "give a row a delay, or the list a number of times", "请给某一行设置间隔，或限定循环次数")
	case l.Times > 0 && messages > MaxTimes/l.Times:
		return bad(l.Name, fmt.Sprintf("more than %d messages", MaxTimes), fmt.Sprintf("超过 %d 条消息", MaxTimes), "send it less often, or for ever: times = 0", "请减少次数，或无限循环：times = 0")
	}
	return nil
}

// listFaults collects the faults of a list.
type listFaults []error

// isFull reports whether no more are told.
func (all listFaults) isFull() bool { return len(all) >= maxFaults }

// add takes more. The last one of many says that there may be others.
func (all *listFaults) add(list ...*ListFault) {
	for _, f := range list {
		switch {
		case !all.isFull():
			*all = append(*all, f)
		case len(*all) == maxFaults:
			*all = append(*all, FaultIn("", bad("", fmt.Sprintf("perhaps more: only the first %d faults are told", maxFaults), fmt.Sprintf("可能还有其他错误：只列出前 %d 处", maxFaults), "", "")))
		}
	}
}

// JoinFaults is one error of several, nil of none.
func JoinFaults(list []*ListFault) error {
	var all listFaults
	all.add(list...)
	return errors.Join(all...)
}

func bad(target, en, zh, hintEn, hintZh string) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: target, Message: sockeye.Text{En: en, Zh: zh}, Hint: sockeye.Text{En: hintEn, Zh: hintZh}}
}
