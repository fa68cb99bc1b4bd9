//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkRecording reads a recording back and compares every byte with what the load
// sent: all of it, on the right connection, in order; echoed, in both directions.
func (b *bench) checkRecording(ctx context.Context, recording string, sent uint64, echoed bool) error {
	out := recording + ".bytes"
	export := exec.CommandContext(ctx, b.ours, "log", "export", recording, "--format", "raw", "--output", out)
	if text, err := export.CombinedOutput(); err != nil {
		return fmt.Errorf("log export: %s (%w)", bytes.TrimSpace(text), err)
	}
	files, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	known := newPattern()
	bytesOf := map[string]uint64{}
	for _, f := range files {
		n, err := known.compare(filepath.Join(out, f.Name()))
		if err != nil {
			return err
		}
		bytesOf[strings.TrimSuffix(f.Name()[strings.LastIndexByte(f.Name(), '_')+1:], ".bin")] += n
	}
	if bytesOf["received"] != sent || echoed && bytesOf["sent"] != sent {
		return fmt.Errorf("%d bytes were sent, and %v are recorded", sent, bytesOf)
	}
	return nil
}

// pattern is what the load generator sends: see bytes_of in bench/load/measure.c.
type pattern struct {
	table []byte
	at    map[uint64]int // where each stretch of 8 bytes is
}

const (
	patternPeriod = 131071
	patternMost   = 1 << 20
)

func newPattern() *pattern {
	p := &pattern{table: make([]byte, patternPeriod+patternMost), at: map[uint64]int{}}
	state := uint64(1)
	for i := range patternPeriod {
		state = state*6364136223846793005 + 1442695040888963407
		p.table[i] = byte(state >> 56)
	}
	for i := patternPeriod; i < len(p.table); i++ {
		p.table[i] = p.table[i-patternPeriod]
	}
	for i := range patternPeriod {
		p.at[binary.LittleEndian.Uint64(p.table[i:])] = i
	}
	return p
}

// compare holds a file against the pattern from the place at which it begins, and
// counts its bytes.
func (p *pattern) compare(name string) (uint64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, patternMost)
	first, err := in.Peek(8)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	from, found := p.at[binary.LittleEndian.Uint64(first)]
	if !found {
		return 0, fmt.Errorf("%s begins with bytes that nobody sent", name)
	}
	buf := make([]byte, patternMost)
	total := uint64(0)
	for {
		n, err := in.Read(buf)
		place := (uint64(from) + total) % patternPeriod
		if !bytes.Equal(buf[:n], p.table[place:place+uint64(n)]) {
			return 0, fmt.Errorf("%s differs from what was sent after byte %d", name, total)
		}
		total += uint64(n)
		if err == io.EOF {
			return total, nil
		} else if err != nil {
			return 0, err
		}
	}
}
