package device

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// notifier tells systemd how the process is (sd_notify(3)): a datagram to the socket that
// the environment names. Without one it tells nobody.
type notifier struct {
	socket string
	every  time.Duration // how often the watchdog wants to hear; 0: there is none
}

// newNotifier reads the environment, which systemd sets for its services.
func newNotifier(env func(string) string) notifier {
	n := notifier{socket: env("NOTIFY_SOCKET")}
	pid := env("WATCHDOG_PID")
	micros, err := strconv.ParseInt(env("WATCHDOG_USEC"), 10, 64)
	if err == nil && micros > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.every = time.Duration(micros) * time.Microsecond / 3
	}
	return n
}

// isService says whether systemd has started the process.
func (n notifier) isService() bool { return n.socket != "" }

// notify sends a state to the service manager, if there is one (sd_notify(3)).
func (n notifier) notify(state string) {
	if n.socket == "" {
		return
	}
	name := n.socket
	if name[0] == '@' {
		name = "\x00" + name[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return // systemd restarts what does not report, and that is all that can be done
	}
	defer c.Close()
	c.Write([]byte(state))
}

// run says that the boards are there, and whether without commands, feeds the watchdog as long as alive returns, and says
// that they end when ctx does.
func (n notifier) run(ctx context.Context, safeMode bool, alive func()) {
	if safeMode {
		n.notify("STATUS=safe mode: no commands")
	}
	n.notify("READY=1")
	defer n.notify("STOPPING=1")
	if n.every == 0 || n.socket == "" {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			alive()
			n.notify("WATCHDOG=1")
		case <-ctx.Done():
			return
		}
	}
}
