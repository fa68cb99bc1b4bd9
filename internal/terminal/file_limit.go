package terminal

import (
	"fmt"

	"sockeye/internal/core"
)

// ownFiles is how many descriptors a server needs besides those of its peers, rounded up:
// standard streams, listeners, the poller, a reserve.
const ownFiles = 32

// WarnOfFileLimit says so if the peers that were asked for (0: none in particular)
// cannot all have a descriptor.
func (a *Terminal) WarnOfFileLimit(peers int) {
	limit := core.DescriptorLimit()
	if limit == 0 || uint64(peers+ownFiles) <= limit {
		return
	}
	fmt.Fprintf(a.Err, a.T(
		"warning: --max-peers %d: this process may open %d files, so only about %d peers fit\nhint: raise the limit before starting: ulimit -n %d (systemd: LimitNOFILE=%[4]d)\n",
		"警告：--max-peers %d：本进程最多打开 %d 个文件，只容得下约 %d 个连接\n提示：启动前先提高上限：ulimit -n %d（systemd：LimitNOFILE=%[4]d）\n"),
		peers, limit, max(0, int(limit)-ownFiles), peers+ownFiles)
}
