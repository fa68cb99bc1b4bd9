package transporttest

import (
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of an ImpairedLink.
const (
	ImpairedHereIP  = "10.79.0.1"
	ImpairedThereIP = "10.79.0.2"
)

// Impairment is what becomes of packets in one direction of a link: netem's work, in the
// test (tc-netem(8)). What happens to the n-th packet depends on Seed alone.
type Impairment struct {
	Seed uint64
	// Loss and Duplication are shares of packets, 0 to 1.
	Loss, Duplication float64
	// Delay is of every packet, and up to Jitter more of each; so they overtake each other.
	Delay, Jitter time.Duration
}

// PacketCounts are what became of the packets of one direction so far.
type PacketCounts struct {
	Delivered, Lost, Duplicated int
	Overtaken                   int // were delivered after one that was sent later
}

// ImpairedLink joins this network with a Host by a TUN device on each side and impairs
// what crosses. It carries IPv4. Its methods may be called from any goroutine.
type ImpairedLink struct {
	toHere, toThere *linkDirection
}

// ToHere is what became of packets from the Host so far.
func (l *ImpairedLink) ToHere() PacketCounts { return l.toHere.counted() }

// ToThere is what became of packets to the Host so far.
func (l *ImpairedLink) ToThere() PacketCounts { return l.toThere.counted() }

// Impaired makes a link to the Host, which ends with the test.
func (m *Host) Impaired(t *testing.T, toHere, toThere Impairment) *ImpairedLink {
	t.Helper()
	here := openTUN(t, "ta")
	var there *os.File
	m.Do(func() { there = openTUN(t, "tb") })
	for _, end := range []struct {
		run                func(*testing.T, string, ...string) string
		device, ours, peer string
	}{{Run, "ta", ImpairedHereIP, ImpairedThereIP}, {m.Run, "tb", ImpairedThereIP, ImpairedHereIP}} {
		end.run(t, "ip", "address", "add", end.ours, "peer", end.peer, "dev", end.device)
		end.run(t, "ip", "link", "set", end.device, "up", "mtu", "1000", "txqueuelen", "10000") // the link alone loses packets, however many wait for its goroutines
	}
	l := &ImpairedLink{newDirection(there, here, toHere), newDirection(here, there, toThere)}
	var pumps sync.WaitGroup
	pumps.Go(l.toHere.pump)
	pumps.Go(l.toThere.pump)
	t.Cleanup(func() {
		here.Close()
		there.Close()
		pumps.Wait()
		l.toHere.late.Wait()
		l.toThere.late.Wait()
	})
	return l
}

// openTUN makes a TUN device in the network of the calling thread.
func openTUN(t *testing.T, name string) *os.File {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("this test needs /dev/net/tun: %v", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		t.Fatalf("the device %s: %v", name, err)
	}
	return os.NewFile(uintptr(fd), name)
}

// maxUnderWay bounds the packets of a direction that wait for their time; more are lost.
const maxUnderWay = 4096

// linkDirection carries packets from one device to another.
type linkDirection struct {
	Impairment
	from, to *os.File
	random   *rand.Rand // of pump
	late     sync.WaitGroup

	mu       sync.Mutex
	counts   PacketCounts
	underWay int
	newest   int // number of the latest packet that was delivered
}

func newDirection(from, to *os.File, i Impairment) *linkDirection {
	return &linkDirection{Impairment: i, from: from, to: to, random: rand.New(rand.NewPCG(i.Seed, 0))}
}

func (d *linkDirection) counted() PacketCounts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// pump carries packets until the device is closed.
func (d *linkDirection) pump() {
	buf := make([]byte, 2048)
	for number := 1; ; {
		n, err := d.from.Read(buf)
		if err != nil {
			return
		}
		const header, destination, multicast = 20, 16, 224
		if n < header || buf[0]>>4 != 4 || buf[destination] >= multicast {
			continue // what the systems say of their own accord would be among the numbers
		}
		d.carry(number, append([]byte(nil), buf[:n]...))
		number++
	}
}

// carry decides what becomes of a packet, which it keeps.
func (d *linkDirection) carry(number int, packet []byte) {
	lost, twice := d.random.Float64() < d.Loss, d.random.Float64() < d.Duplication
	once, again := d.lateness(), d.lateness()
	if lost {
		d.mu.Lock()
		d.counts.Lost++
		d.mu.Unlock()
		return
	}
	d.deliverAfter(once, number, packet)
	if twice {
		d.mu.Lock()
		d.counts.Duplicated++
		d.mu.Unlock()
		d.deliverAfter(again, number, packet)
	}
}

func (d *linkDirection) lateness() time.Duration {
	return d.Delay + time.Duration(d.random.Float64()*float64(d.Jitter))
}

func (d *linkDirection) deliverAfter(late time.Duration, number int, packet []byte) {
	if late <= 0 {
		d.deliver(number, packet)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.underWay >= maxUnderWay {
		d.counts.Lost++
		return
	}
	d.underWay++
	d.late.Add(1)
	time.AfterFunc(late, func() {
		defer d.late.Done()
		d.deliver(number, packet)
		d.mu.Lock()
		d.underWay--
		d.mu.Unlock()
	})
}

func (d *linkDirection) deliver(number int, packet []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.to.Write(packet); err != nil {
		return // the link has ended
	}
	d.counts.Delivered++
	if number < d.newest {
		d.counts.Overtaken++
	}
	d.newest = max(d.newest, number)
}
