package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/private"
)

// deviceRow is a row as a device says it in JSON.
type deviceRow struct {
	Name   string
	Seq    uint64
	Time   time.Time
	Values map[string]float64
	Again  bool
}

// rowsOf are the rows that the hub has of a board, each with the number of its event.
func rowsOf(t *testing.T, conn *nats.Conn, b hub.BoardID) (rows []deviceRow, numbers []uint64) {
	t.Helper()
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		var row deviceRow
		if err != nil || e.Kind != sockeye.Sent || json.Unmarshal(e.Data, &row) != nil {
			t.Fatalf("event %d: %s %q, %v", e.Seq, e.Kind, e.Data, err)
		}
		if got := e.Peer.Alias(); got != row.Name || !e.Time.Truncate(time.Millisecond).Equal(row.Time) {
			t.Fatalf("event %d is of %q at %v, its row of %q at %v", e.Seq, got, e.Time, row.Name, row.Time)
		}
		rows, numbers = append(rows, row), append(numbers, e.Seq)
	}
	return rows, numbers
}

// The rows of a device file go to a hub as to any target: what is measured while the hub is
// killed (kill -9), and while the device is, arrives later; each row once, in order, with its
// time.
func TestDeviceToHub(t *testing.T) {
	h := startHub(t)
	board, home := hub.BoardID{Site: "plant", Name: "greenhouse"}, t.TempDir()
	file := filepath.Join(home, "greenhouse.toml")
	code := h.enrol(t, board.String())
	if err := os.WriteFile(file, []byte(fmt.Sprintf("name = 'roof'\n[[sensor]]\nname = 'temperature'\nsimulate = 'sine'\nevery = '10ms'\n[[target]]\nhub = '%s'\n", code)), 0o600); err != nil {
		t.Fatal(err)
	}
	device := func() *process { return start(t, home, "sockeye", "device", file) }
	d := device()
	conn := h.connect(t)
	await(t, "the hub has rows", func() bool { return lastOf(conn, board) > 50 })
	await(t, "the hub shows the board", func() bool {
		ls := h.ask(t, "ls", "--json")
		return strings.Contains(ls, `"alive":true`) && strings.Contains(ls, "greenhouse")
	})
	h.kill()
	await(t, "the device says that the hub is away", func() bool { return strings.Contains(d.errs.String()+said(d), "away") })
	d.kill()
	d = device() // while the hub is away
	await(t, "it says so again", func() bool { return strings.Contains(d.errs.String()+said(d), "away") })
	h.restart(t)
	conn = h.connect(t)
	before := lastOf(conn, board)
	await(t, "the hub has what came meanwhile", func() bool { return lastOf(conn, board) > before+50 })
	d.kill()
	d = device()
	await(t, "it goes on", func() bool { return lastOf(conn, board) > before+100 })
	d.cmd.Process.Signal(os.Interrupt)
	<-d.ended
	rows, numbers := rowsOf(t, conn, board)
	for n, row := range rows {
		if row.Seq != uint64(n+1) || numbers[n] != row.Seq || row.Again || len(row.Values) != 1 || n > 0 && row.Time.Before(rows[n-1].Time) {
			t.Fatalf("row %d is %+v, as event %d", n+1, row, numbers[n])
		}
	}
	if text := d.errs.String() + said(d); !strings.Contains(text, " 0 dropped, 0 not written, 0 damaged, 0 wait") {
		t.Errorf("what became of the rows: %s", text)
	}

	// The queue is lost with its folder: other rows go on behind those that are there.
	if err := os.RemoveAll(filepath.Join(home, "state", "device")); err != nil {
		t.Fatal(err)
	}
	device()
	last := uint64(len(rows))
	await(t, "new rows come", func() bool { return lastOf(conn, board) > last+20 })
	rows, numbers = rowsOf(t, conn, board)
	for n := last; n < uint64(len(rows)); n++ {
		if numbers[n] != n+1 || rows[n].Seq != n-last+1 {
			t.Fatalf("row %+v is event %d, want %d", rows[n], numbers[n], n+1)
		}
	}
}

// said is what came on standard output and nobody has read.
func said(p *process) (text string) {
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return text
			}
			text += line + "\n"
		default:
			return text
		}
	}
}

// Without an address --hub is the target of one sensor, whose values alone it has. A board of
// a hub is in one place: a copy of its key is told.
func TestSensorToHub(t *testing.T) {
	h := startHub(t)
	board, home := hub.BoardID{Site: "home", Name: "cellar"}, t.TempDir()
	args := []string{"device", "--simulate", "steps", "--every", "20ms", "--hub", h.enrol(t, "cellar")}
	d := start(t, home, "sockeye", args...)
	conn := h.connect(t)
	await(t, "the hub has rows", func() bool { return lastOf(conn, board) > 20 })
	if rows, _ := rowsOf(t, conn, board); len(rows[0].Values) != 1 {
		t.Errorf("the first row is %+v", rows[0])
	}
	other, identity := t.TempDir(), filepath.Join("share", "boards", board.Key(), "identity.json")
	text, err := os.ReadFile(filepath.Join(home, identity))
	if err == nil {
		err = private.WriteFile(filepath.Join(other, identity), text)
	}
	if err != nil {
		t.Fatal(err)
	}
	copied := start(t, other, "sockeye", "device", "--simulate", "steps", "--every", "20ms", "--hub", board.String())
	await(t, "one of the two is told", func() bool {
		return strings.Contains(d.errs.String()+copied.errs.String(), "another program publishes")
	})
}
