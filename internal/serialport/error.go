package serialport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"sockeye"
)

// openError is why a port could not be opened.
func openError(name string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "open", Target: name, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Kind = sockeye.NotFound
		e.Message = sockeye.Text{En: "no such serial port", Zh: "没有这个串口"}
		e.Hint = foundHint()
	case errors.Is(err, fs.ErrPermission):
		e.Kind = sockeye.AccessDenied
		group := groupOf(name)
		e.Message = sockeye.Text{En: "only root and the group " + group + " may open this port", Zh: "只有 root 和 " + group + " 组可以打开这个串口"}
		e.Hint = sockeye.Text{En: "sudo usermod -aG " + group + " $USER, then log in again", Zh: "运行 sudo usermod -aG " + group + " $USER，然后重新登录"}
	case errors.Is(err, syscall.EBUSY):
		e.Kind = sockeye.AddressInUse
		e.Message = sockeye.Text{En: "another program has the port open", Zh: "串口已被其他程序打开"}
		e.Hint = sockeye.Text{En: "close it there: the serial monitor of an IDE, ModemManager, screen, minicom", Zh: "请先关闭占用它的程序：IDE 的串口监视器、ModemManager、screen、minicom"}
		if by := portOwner(name); by != nil {
			e.Message = sockeye.Text{En: by.Text().En + " has the port open", Zh: "串口已被" + by.Text().Zh + "打开"}
			e.Hint = sockeye.Text{En: "close it there", Zh: "请先在该程序中关闭串口"}
			if by.PID == os.Getpid() {
				e.Message = sockeye.Text{En: "another session of this program has the port open", Zh: "本程序的另一个会话已打开这个串口"}
				e.Hint = sockeye.Text{En: "close that session first", Zh: "请先关闭那个会话"}
			}
		}
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENXIO):
		e.Kind = sockeye.Invalid
		e.Message = sockeye.Text{En: "this is no serial port", Zh: "这不是串口"}
		e.Hint = foundHint()
	}
	return e
}

// openFailure is why a port could not be opened with its settings.
func openFailure(name string, c Config, err error) error {
	if !errors.Is(err, syscall.EINVAL) {
		return openError(name, err)
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: name, Err: err,
		Message: sockeye.Text{En: fmt.Sprintf("the port cannot do %s", c), Zh: fmt.Sprintf("这个串口不支持 %s", c)},
		Hint:    sockeye.Text{En: "take a usual rate such as 9600 or 115200, and 8 data bits", Zh: "请用常见的波特率（如 9600、115200）和 8 个数据位"}}
}

// Gone is the error of a port that was there when it was opened.
func Gone(name string, err error) error {
	return &sockeye.Error{Kind: sockeye.Unplugged, Op: "read", Target: name, Err: err,
		Hint: sockeye.Text{En: "plug it in again; with --reconnect it is opened again by itself", Zh: "请重新插上；使用 --reconnect 会自动重新打开"}}
}

// foundHint lists the ports that are there.
func foundHint() sockeye.Text {
	ports, err := List()
	if err != nil || len(ports) == 0 {
		return sockeye.Text{En: "no serial port was found: is the cable plugged in, and does it carry data?", Zh: "没有找到任何串口：请检查数据线是否插好，是否只能充电"}
	}
	var names []string
	for _, p := range ports[:min(len(ports), 5)] {
		names = append(names, p.Name)
	}
	found := strings.Join(names, ", ")
	return sockeye.Text{En: "there are " + found + "; sockeye ports tells more", Zh: "现有 " + found + "；sockeye ports 可查看详情"}
}
