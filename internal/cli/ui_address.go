package cli

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// welcome says where the page is, and opens it.
func (a *app) welcome(t api.Ticket, f *uiFlags) {
	a.showAddress(t, f)
	fmt.Fprintln(a.Out, a.t(`The address is good once, for a minute; "sockeye ui" opens another page. Ctrl-C ends the workbench.`,
		"该地址一分钟内有效，只能用一次；再次运行 sockeye ui 可再打开一个页面。按 Ctrl-C 结束工作台。"))
}

func (a *app) showAddress(t api.Ticket, f *uiFlags) {
	fmt.Fprintf(a.Out, a.t("Sockeye: %s\n", "Sockeye：%s\n"), terminal.Safe(t.URL))
	a.showForOthers(t.URL, f.bind, f.share > 0)
	if f.noBrowser {
		return
	}
	if err := openBrowser(t.URL); err != nil {
		fmt.Fprintln(a.Err, a.noBrowserText())
	}
}

func (a *app) noBrowserText() string {
	return a.t("No browser could be opened; open the address yourself.", "未能打开浏览器，请自行打开上面的地址。")
}

// showForOthers says where other devices find the page, if it is served to them, and draws
// that for a telephone's camera, unless another code follows. The address is of no use without
// the password.
func (a *app) showForOthers(here, bind string, codeLater bool) {
	ip, err := netip.ParseAddr(bind)
	if err != nil || ip.IsLoopback() {
		return
	}
	if ip.IsUnspecified() {
		if _, ip, err = core.Reachable(); err != nil || !ip.IsValid() {
			return
		}
	}
	u, err := url.Parse(here)
	if err != nil {
		return
	}
	there := "https://" + net.JoinHostPort(ip.String(), u.Port()) + "/"
	fmt.Fprintf(a.Out, a.t("On other devices, with the password: %s\n", "其他设备（需要密码）：%s\n"), there)
	if terminal.IsTerminal(a.Out) && !codeLater {
		fmt.Fprint(a.Out, terminal.QRCode(there))
	}
}

// showShare says by which link others see the page, until when, and draws it for a camera.
func (a *app) showShare(s api.Share) {
	until := s.Until
	if at, err := time.Parse(time.RFC3339Nano, s.Until); err == nil {
		until = at.Local().Format("2006-01-02 15:04")
	}
	fmt.Fprintf(a.Out, a.t("Read-only, until %s: %s\n", "只读分享，截止 %s：%s\n"), until, terminal.Safe(s.URL))
	if s.Local {
		fmt.Fprintln(a.Out, a.t("Only this computer reaches it; for others start with --bind, --cert, --key and --password-file.",
			"只有本机能访问；要让其他设备访问，请用 --bind、--cert、--key 和 --password-file 启动。"))
		return
	}
	if terminal.IsTerminal(a.Out) {
		fmt.Fprint(a.Out, terminal.QRCode(s.URL))
	}
}
