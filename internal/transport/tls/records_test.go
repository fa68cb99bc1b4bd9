package tls

import (
	"errors"
	"os"
	"testing"

	"sockeye/internal/transport"
)

// slow is a connection whose socket takes nothing while it is full.
type slow struct {
	transport.Conn
	full bool
	took []byte
}

func (s *slow) Write(b []byte) (int, error) {
	if s.full {
		return 0, os.ErrDeadlineExceeded
	}
	s.took = append(s.took, b...)
	return len(b), nil
}

// What crypto/tls writes by itself while a send is told to stop is late, and no failure: it
// goes out before what follows.
func TestLateRecordsGoFirst(t *testing.T) {
	under := &slow{full: true}
	r := newRecords(under)
	r.immediate = true
	if n, err := r.Write([]byte("new keys, ")); n != 10 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if n := r.waitingLocked(); n != 10 {
		t.Errorf("%d bytes wait", n)
	}
	under.full = false
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	defer r.end()
	if _, err := r.Write([]byte("data")); err != nil {
		t.Error(err)
	}
	if err := r.flush(transport.SendOrder{}, func() {}); err != nil || string(under.took) != "new keys, data" || r.waitingLocked() != 0 {
		t.Errorf("%q went out, %d bytes wait, %v", under.took, r.waitingLocked(), err)
	}
}

// A peer that has us answer, and reads nothing, has no more than a bounded number of bytes
// wait for it.
func TestAnswersThatNobodyTakes(t *testing.T) {
	r := newRecords(&slow{full: true})
	if err := r.begin(); err != nil { // a send that waits
		t.Fatal(err)
	}
	defer r.end()
	var err error
	for range 2 * maxGathered / 1000 {
		if _, err = r.Write(make([]byte, 1000)); err != nil {
			break
		}
	}
	if !errors.Is(err, errNotTaken) || r.waitingLocked() > maxGathered {
		t.Errorf("%d bytes wait, %v", r.waitingLocked(), err)
	}
}
