//go:build linux

package main

import (
	"fmt"
	"log"
	"os"
	"time"
)

// progress tells a person who waits how far it is. What is not a terminal gets a
// line per row.
type progress struct {
	began       time.Time
	done, total int
	row         string
}

func (p *progress) expect(chosen []row, rounds int) {
	for _, r := range chosen {
		p.total += rounds * len(r.servers)
	}
	p.began = time.Now()
}

// show says what is measured now. The rest is estimated from what went before.
func (p *progress) show(row string, round int, server string) {
	if p.total == 0 {
		return // nobody waits
	}
	left := ""
	if p.done > 0 {
		rest := time.Since(p.began) / time.Duration(p.done) * time.Duration(p.total-p.done)
		left = fmt.Sprintf(", about %v left", rest.Round(time.Second))
	}
	if isTerminal() {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%d/%d  %s, round %d: %s%s", p.done+1, p.total, row, round+1, server, left)
	} else if row != p.row {
		log.Printf("%d/%d  %s%s", p.done+1, p.total, row, left)
	}
	p.row = row
	p.done++
}

func (p *progress) clear() {
	if isTerminal() {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}

// note tells of something between two measurements.
func (p *progress) note(format string, args ...any) {
	p.clear()
	log.Printf(format, args...)
}

func isTerminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
