package journal

import (
	"fmt"
	"time"

	"sockeye"
)

// errorAbout makes an error of the recording whose message explains the cause.
func errorAbout(why *sockeye.Error, before, after sockeye.Text) *sockeye.Error {
	e := *why
	e.Message = sockeye.Text{
		En: before.En + why.Reason(sockeye.English) + after.En,
		Zh: before.Zh + why.Reason(sockeye.Chinese) + after.Zh}
	return &e
}

func pausedBy(why *sockeye.Error) *sockeye.Error {
	return errorAbout(why, sockeye.Text{En: "recording is paused, traffic goes on: ", Zh: "记录已暂停，通信不受影响："}, sockeye.Text{})
}

func stopped(why *sockeye.Error) *sockeye.Error {
	return errorAbout(why, sockeye.Text{En: "recording has ended early: ", Zh: "记录提前结束："}, sockeye.Text{})
}

func movedOn(why *sockeye.Error, to string) *sockeye.Error {
	return errorAbout(why, sockeye.Text{}, sockeye.Text{En: "; recording goes on in " + to, Zh: "；已改为记录到 " + to})
}

func goesOn(path string, pause time.Duration) *sockeye.Error {
	pause = pause.Round(100 * time.Millisecond)
	return &sockeye.Error{
		Kind: sockeye.System, Op: "record", Target: path,
		Message: sockeye.Text{
			En: fmt.Sprintf("recording goes on after a pause of %s", pause),
			Zh: fmt.Sprintf("暂停 %s 后已恢复记录", pause)},
	}
}

// withMissing adds to a message what is missing in the recording.
func withMissing(e *sockeye.Error, lost sockeye.Lost) *sockeye.Error {
	out := *e
	if lost == (sockeye.Lost{}) {
		out.Message.En += "; nothing is missing"
		out.Message.Zh += "，没有缺失"
		return &out
	}
	out.Message.En += fmt.Sprintf("; %d events with %d bytes are missing in it", lost.Events, lost.Bytes)
	out.Message.Zh += fmt.Sprintf("，缺少 %d 个事件（%d 字节）", lost.Events, lost.Bytes)
	return &out
}

func stalled(path string, patience time.Duration) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.TimedOut, Op: "record", Target: path,
		Message: sockeye.Text{
			En: fmt.Sprintf("the disk has not answered for %s", patience),
			Zh: fmt.Sprintf("磁盘已有 %s 没有响应", patience)},
		Hint: sockeye.Text{
			En: "recording goes on by itself when it does; a network disk may have lost its server",
			Zh: "恢复响应后会自动继续记录；如果是网络磁盘，可能与服务器失去了连接"},
	}
}

func abandoned(path string, why error) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.TimedOut, Op: "record", Target: path, Err: why,
		Message: sockeye.Text{
			En: "the disk did not take the last events in time: they may be missing in the recording",
			Zh: "磁盘未能及时写入最后的事件，记录中可能缺少这些事件"},
	}
}

func uncleanStop(dir string) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.System, Op: "record", Target: dir,
		Message: sockeye.Text{
			En: "the recording before this one ended without being closed: by a crash, a kill or a power cut",
			Zh: "上一次记录没有正常结束：程序崩溃、被强行终止或断电"},
		Hint: sockeye.Text{
			En: "what it shows is whole up to its last event",
			Zh: "到最后一个事件为止的内容都是完整的"},
	}
}
