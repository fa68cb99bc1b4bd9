package tutorial

import (
	"encoding/binary"
	"errors"
	"runtime"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// inLossyNetwork runs f on a thread in a network of its own, with nothing but its loopback.
// f is given what lets that loopback lose packets. The error is errors.ErrUnsupported where
// this process may not make a network: that needs CAP_SYS_ADMIN.
func inLossyNetwork(f func(lose func() (string, error)) error) error {
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its network
		// The first thread never ends, and its network is the one of /proc/self/net.
		if unix.Gettid() == unix.Getpid() {
			defer runtime.UnlockOSThread()
			ended <- inLossyNetwork(f) // on another one, while this one is held
			return
		}
		if unix.Unshare(unix.CLONE_NEWNET) != nil || loopbackUp() != nil {
			ended <- errors.ErrUnsupported
			return
		}
		ended <- f(loseOnLoopback)
	}()
	return <-ended
}

// The loopback of the demo has packets of the usual size, one segment in each: else it
// hands over 64 kB at once, and almost nothing could be lost.
const (
	loopback     = 1 // its index in every network
	ethernetMTU  = 1500
	mostSegments = 1
)

// loopbackUp switches the loopback of the network on (netdevice(7)).
func loopbackUp() error {
	if err := setOneSegment(); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint32(ethernetMTU)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFMTU, lo); err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// setOneSegment sets IFLA_GSO_MAX_SEGS, as "ip link set lo gso_max_segs 1" does.
func setOneSegment() error {
	link := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(link[4:], loopback)
	attributes := netlink.NewAttributeEncoder()
	attributes.Uint32(unix.IFLA_GSO_MAX_SEGS, mostSegments)
	return changeLink(unix.RTM_NEWLINK, 0, link, attributes)
}

// changeLink sends a message of rtnetlink(7) and waits for its acknowledgement.
func changeLink(kind netlink.HeaderType, flags netlink.HeaderFlags, head []byte, attributes *netlink.AttributeEncoder) error {
	encoded, err := attributes.Encode()
	if err != nil {
		return err
	}
	c, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Execute(netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Acknowledge | flags},
		Data:   append(head, encoded...),
	})
	return err
}

// loseOnLoopback lets the loopback lose packets: by netem, or where the kernel has none by a
// rule of nftables.
func loseOnLoopback() (string, error) {
	if addNetem() == nil {
		return "tc netem", nil
	}
	if err := addLossRule(); err != nil {
		return "", errors.ErrUnsupported
	}
	return "nftables", nil
}

// addNetem sets a queueing discipline, as "tc qdisc add dev lo root netem loss 20%" does
// (linux/rtnetlink.h, struct tcmsg; linux/pkt_sched.h, struct tc_netem_qopt).
func addNetem() error {
	const root, limit = 0xffffffff, 1000 // TC_H_ROOT
	head := make([]byte, 20)
	binary.NativeEndian.PutUint32(head[4:], loopback)
	binary.NativeEndian.PutUint32(head[12:], root)
	options := make([]byte, 24)
	binary.NativeEndian.PutUint32(options[4:], limit)
	binary.NativeEndian.PutUint32(options[8:], ^uint32(0)/100*lossPercent)
	attributes := netlink.NewAttributeEncoder()
	attributes.String(unix.TCA_KIND, "netem")
	attributes.Bytes(unix.TCA_OPTIONS, options)
	return changeLink(unix.RTM_NEWQDISC, netlink.Create|netlink.Excl, head, attributes)
}

// addLossRule adds "numgen random mod 100 < 20 drop" to what comes in.
func addLossRule() error {
	c, err := nftables.New()
	if err != nil {
		return err
	}
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "demo"})
	chain := c.AddChain(&nftables.Chain{Name: "loss", Table: table, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
	c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Numgen{Register: 1, Modulus: 100, Type: unix.NFT_NG_RANDOM},
		&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 4, Size: 4},
		&expr.Cmp{Op: expr.CmpOpLt, Register: 1, Data: binaryutil.BigEndian.PutUint32(lossPercent)},
		&expr.Verdict{Kind: expr.VerdictDrop},
	}})
	return c.Flush()
}
