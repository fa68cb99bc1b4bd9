//go:build linux

package page_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/payload"
)

// Whatever comes, and however reads cut it: in every charset the page shows each byte
// in the row that it came with, as the terminal does, and never as U+FFFD.
func TestTextRows(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	frame := "\x01\x03\x00\x00\x00\x10\xc5\xcd"
	pieces := []string{frame, frame, "a\xc5", "b", "\xe5", "\xa5\xbd", "\xc4\xe3\xba", "\xc3", "\x9b", "x\n", "\xa5b\xa5", "b\xf0@", "\xf8\xa1\xfe\xfe",
		"x"} // a browser's GBK has characters that begin with FE, such as FEA0, which ours has not
	for range 12 {
		piece := ""
		for range 1 + random.IntN(4) {
			char := "你好éab\t\x01\xc5\xff\x81\x80"
			from := random.IntN(len(char))
			piece += char[from:min(len(char), from+1+random.IntN(3))]
		}
		pieces = append(pieces, piece)
	}
	p := startBench(t).open(t)
	board := dial(t, "tcp", p.server())
	for n, piece := range pieces {
		write(t, board, piece)
		p.wait(fmt.Sprintf(rows+`.filter(r => r.querySelector('.way')?.innerText === '←').length === %d`, n+1))
	}
	for _, charset := range []struct {
		page string
		core payload.Charset
	}{{"gbk", payload.GBK}, {"gb18030", payload.GB18030}, {"big5", payload.Big5}, {"shift_jis", payload.ShiftJIS}, {"latin-1", payload.Latin1}, {"utf-8", payload.UTF8}} {
		p.choose(control("charset"), charset.page)
		want := terminalRows(charset.core, pieces)
		diff := ""
		for limit := time.Now().Add(time.Minute); time.Now().Before(limit); {
			got := value[[]string](p, rows+`.filter(r => r.querySelector('.way')?.innerText === '←').map(r => r.querySelector('.content').textContent.replace(/^[ \n]+|[ \n]+$/g, ''))`)
			for n := range got {
				got[n] = comparable(got[n])
			}
			if diff = cmp.Diff(want, got); diff == "" {
				break
			}
			p.wait(`new Promise(done => requestAnimationFrame(() => done(true)))`)
		}
		if diff != "" {
			t.Fatalf("%s (-want +got):\n%s", charset.page, diff)
		}
	}
}

func terminalRows(charset payload.Charset, pieces []string) []string {
	var out bytes.Buffer
	r := payload.Rows[int]{Out: &out, Charset: charset}
	for _, piece := range pieces {
		r.Piece(0, nil, []byte(piece), nil, false)
	}
	r.SettleAll()
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.Lines(out.String()) {
			if !yield(comparable(strings.TrimSuffix(line, "\n"))) {
				return
			}
		}
	})
}

var escape = regexp.MustCompile(`\\x[2-7][0-9a-f]|\\u\{[0-9a-f]+\}`)

// comparable writes what only one of the two escapes as the character.
func comparable(text string) string {
	return escape.ReplaceAllStringFunc(text, func(s string) string {
		char, _ := strconv.ParseUint(strings.Trim(s, `\xu{}`), 16, 32)
		return string(rune(char))
	})
}
