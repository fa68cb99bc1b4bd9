package recording

import (
	"fmt"

	"sockeye"
)

// ExposedError says why others could replace, remove or redirect what is written into
// a directory.
type ExposedError struct {
	Owner  string // another user whom the directory, or a link to it, belongs to; ""
	Link   string // the symbolic link in question, ""
	Access string // who else may write there: "everybody" or "group NAME"; ""
	Sticky bool   // they may, but not replace or remove what is not theirs, as in /tmp
}

func (e ExposedError) Error() string { return e.text().En }

func (e ExposedError) text() sockeye.Text {
	switch {
	case e.Link != "":
		return sockeye.Text{
			En: fmt.Sprintf("the way there is a symbolic link of another user (%s): %s", e.Owner, e.Link),
			Zh: fmt.Sprintf("路径中的符号链接属于另一个用户（%s）：%s", e.Owner, e.Link)}
	case e.Owner != "":
		return sockeye.Text{
			En: fmt.Sprintf("the directory belongs to another user (%s), who could replace or remove what is recorded", e.Owner),
			Zh: fmt.Sprintf("该目录属于另一个用户（%s），对方可以替换或删除记录", e.Owner)}
	}
	return sockeye.Text{
		En: fmt.Sprintf("others may write into the directory (%s), and so replace or remove what is recorded", e.Access),
		Zh: fmt.Sprintf("其他用户可以写入该目录（%s），从而替换或删除记录", e.Access)}
}

// CheckPrivate says who else could change what is written into a directory: an
// *sockeye.Error, or nil if nobody but its owner and the administrator can.
func CheckPrivate(dir string) error {
	if err := System().Private(dir); err != nil {
		return failure(dir, err)
	}
	return nil
}

func exposed(path string, e ExposedError) *sockeye.Error {
	return &sockeye.Error{
		Kind: sockeye.AccessDenied, Op: "record", Target: path, Err: e, Message: e.text(),
		Hint: sockeye.Text{
			En: "record into a directory of your own (chmod 700), or allow it with --record-shared",
			Zh: "请使用自己的目录（chmod 700），或加 --record-shared 明确允许"},
	}
}
