package responder

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/transport"
)

// ExecProgram runs for each peer: what the peer sends is its standard input, and its
// standard output goes to the peer. It sees who the peer is in the variables that
// ncat sets: NCAT_REMOTE_ADDR, NCAT_REMOTE_PORT, NCAT_LOCAL_ADDR, NCAT_LOCAL_PORT and
// NCAT_PROTO. Nothing that came from the network is part of its command line.
type ExecProgram struct {
	// Args are the program and its arguments; no shell looks at them.
	Args []string
	// Stderr gets what the programs write to standard error; nil: it is dropped.
	Stderr io.Writer
}

// programGrace is how long a program may go on after its peer has left.
const programGrace = time.Second

// programResponder is the responder of a session with an ExecProgram.
type programResponder struct {
	program *ExecProgram
	session *sockeye.Session
	journal *journal.Journal
	running sync.WaitGroup

	mu     sync.Mutex
	inputs map[*transport.Peer]io.WriteCloser
}

func newPrograms(p *ExecProgram, s *sockeye.Session, j *journal.Journal) *programResponder {
	return &programResponder{program: p, session: s, journal: j, inputs: map[*transport.Peer]io.WriteCloser{}}
}

// Joined starts the program for a peer.
func (r *programResponder) Joined(p *transport.Peer) {
	cmd := exec.Command(r.program.Args[0], r.program.Args[1:]...)
	cmd.Env = append(os.Environ(),
		"NCAT_REMOTE_ADDR="+p.Remote.Host(), "NCAT_REMOTE_PORT="+strconv.Itoa(int(p.Remote.Port())),
		"NCAT_LOCAL_ADDR="+p.Local.Host(), "NCAT_LOCAL_PORT="+strconv.Itoa(int(p.Local.Port())),
		"NCAT_PROTO="+strings.ToUpper(string(p.Network)))
	cmd.Stderr, cmd.WaitDelay = r.program.Stderr, programGrace
	ownProcessGroup(cmd)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	err := errors.Join(inErr, outErr)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.failed(p, err)
		r.running.Go(p.Abort)
		return
	}
	r.mu.Lock()
	r.inputs[p] = in
	r.mu.Unlock()
	ended := make(chan struct{})
	r.running.Go(func() { r.watch(p, cmd, in, ended) })
	r.running.Go(func() {
		defer close(ended)
		sendOutput(p, out)
		cmd.Wait() // its exit code is its own affair
		closePeer(p)
	})
}

// sendOutput sends what a program says until it has said all, or its peer is gone.
func sendOutput(p *transport.Peer, out io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := out.Read(buf)
		if n > 0 {
			if _, sendErr := p.Send(context.Background(), buf[:n]); sendErr != nil {
				return // recorded by Send
			}
		}
		if err != nil {
			return
		}
	}
}

// closePeer ends the connection in good order, as far as the peer lets it.
func closePeer(p *transport.Peer) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p.Close(ctx)
}

// watch ends the program's input when the peer has finished sending, and the program
// when the peer has left.
func (r *programResponder) watch(p *transport.Peer, cmd *exec.Cmd, in io.Closer, ended <-chan struct{}) {
	finished := r.finishedSending(p)
	defer r.forget(p)
	for {
		select {
		case <-finished:
			in.Close()
			finished = nil
		case <-p.Closing():
			in.Close() // Received waits no more
			select {
			case <-ended:
			case <-time.After(programGrace):
				killProcessGroup(cmd)
			}
			return
		case <-p.Done():
			in.Close()
			select {
			case <-ended:
			case <-time.After(programGrace):
				killProcessGroup(cmd)
			}
			return
		case <-ended:
			in.Close()
			return
		}
	}
}

func (r *programResponder) forget(p *transport.Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.inputs, p)
}

// Received writes the bytes to the program. While the program does not read, nothing more is read
// from the peer.
func (r *programResponder) Received(p *transport.Peer, data []byte) {
	r.mu.Lock()
	in := r.inputs[p]
	r.mu.Unlock()
	if in != nil {
		in.Write(data) // a program that has ended, or closed its input, wants no more
	}
}

func (r *programResponder) failed(p *transport.Peer, err error) {
	e := &sockeye.Error{Kind: sockeye.System, Op: "run", Target: r.program.Args[0], Err: err,
		Hint: sockeye.Text{En: "see whether the program is there and may be run", Zh: "请检查程序是否存在、是否可执行"}}
	r.journal.Append(sockeye.Event{Kind: sockeye.Failed, Session: r.session, Peer: p.Peer, Time: journal.Now(), Detail: &sockeye.Detail{Err: e}})
}

// end waits until nothing of it runs; the session's peers have left.
func (r *programResponder) end() { r.running.Wait() }

// finishedSending is closed when the peer has finished sending, or has left.
func (r *programResponder) finishedSending(p *transport.Peer) <-chan struct{} {
	_, next := r.journal.Span()
	cursor, finished := r.journal.Cursor(next), make(chan struct{})
	cursor.Only(sockeye.Finished, sockeye.Left)
	go func() {
		defer close(finished)
		defer cursor.Close()
		for p.State() != sockeye.PeerFinished && p.State() != sockeye.Gone {
			e, err := cursor.Next(context.Background())
			if err != nil || e.Peer == p.Peer && (e.Kind == sockeye.Left || e.Kind == sockeye.Finished && e.Detail.Reason == sockeye.ReasonEOF) {
				return
			}
		}
	}()
	return finished
}
