package payload

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
)

// A character that a read cuts in two is shown whole when the next read of the same direction
// completes it, and as escaped bytes when none does.
func TestRows(t *testing.T) {
	type piece struct{ key, data string }
	for _, c := range []struct {
		name    string
		charset Charset
		pieces  []piece
		want    string
	}{
		{"nothing is left over", UTF8, []piece{{"a", "你"}, {"a", "好"}}, "a:你\na:好\n"},
		{"the next read completes it", UTF8, []piece{{"a", "你\xe5"}, {"a", "\xa5\xbd!"}}, "a:你\na:好!\n"},
		{"the same frame twice", UTF8, []piece{{"a", "\x01\x03\x00\x0a\xc5\xcd"}, {"a", "\x01\x03\x00\x0a\xc5\xcd"}},
			"a:\\x01\\x03\\x00\\n\\xc5\\xcd\na:\\x01\\x03\\x00\\n\\xc5\\xcd\n"},
		{"another direction comes between", UTF8, []piece{{"a", "\xe5"}, {"b", "x"}, {"a", "\xa5\xbd"}}, "a:\nb:x\na:好\n"},
		{"another direction is within a character, too", UTF8, []piece{{"a", "1\xe5"}, {"b", "2\xe5"}, {"a", "3"}, {"b", "\xa5\xbd"}},
			"a:1\\xe5\nb:2\na:3\nb:好\n"},
		{"a read that goes on, and completes nothing", UTF8, []piece{{"a", "\xf0"}, {"a", "\x9f"}}, "a:\\xf0\na:\\x9f\n"},
		{"a character that comes byte by byte", UTF8, []piece{{"a", "1\xe5"}, {"b", "x"}, {"a", "\xa5"}, {"a", "\xbd2\xf0"}, {"a", "\x9f"}, {"a", "\x98"}, {"a", "\x80"}}, "a:1\nb:x\na:\na:好2\na:\na:\na:😀\n"},
		{"bytes that go on and end nothing are in their own rows", UTF8, []piece{{"a", "1\xf0"}, {"b", "2\xe5"}, {"a", "\x9f"}, {"a", "\x98"}, {"a", "3"}}, "a:1\\xf0\nb:2\\xe5\na:\\x9f\na:\\x98\na:3\n"},
		{"a character of four bytes of GB18030, byte by byte", GB18030, []piece{{"a", "\x81"}, {"a", "0"}, {"a", "\x84"}, {"a", "6"}}, "a:\na:\na:\na:¥\n"},
		{"a byte that cannot be the third of four of GB18030", GB18030, []piece{{"a", "\xfc6"}, {"a", "\x80"}, {"a", "\xa8\xa8"}}, "a:\\xfc\\x36\na:€\na:è\n"},
		{"nothing more comes", UTF8, []piece{{"a", "x\xe5\xa5"}}, "a:x\\xe5\\xa5\n"},
		{"GBK", GBK, []piece{{"a", "\xc4\xe3\xba"}, {"a", "\xc3"}, {"a", "\xc5"}, {"a", "\n"}}, "a:你\na:好\na:\\xc5\na:\\n\n"},
		{"a mark has no character in the row before", UTF8, []piece{{"a", "e"}, {"a", "\u0301"}}, "a:e\na:\\u{301}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			r := Rows[string]{Out: &out, Charset: c.charset}
			for _, p := range c.pieces {
				r.Piece(p.key, []byte(p.key+":"), []byte(p.data), nil, false)
			}
			r.SettleAll()
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the bytes, the charset and the pieces: the lines come in order, and the
// texts of a stream's lines, joined, stand for its bytes.
func TestRowsGiveTheBytes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		for _, charset := range charsets {
			var out bytes.Buffer
			r := Rows[int]{Out: &out, Charset: charset, Wait: time.Hour}
			var pieces [2][][]byte
			lines := 1 + random.IntN(12)
			for n := range lines {
				key := random.IntN(2)
				piece := randomPiece(random, charset)
				pieces[key] = append(pieces[key], piece)
				r.Piece(key, fmt.Appendf(nil, "%d %d:", n, key), piece, nil, random.IntN(8) == 0)
			}
			r.End(0)
			r.End(1)
			checkRows(t, charset, out.String(), lines, pieces)
		}
	}
}

func checkRows(t *testing.T, charset Charset, out string, lines int, pieces [2][][]byte) {
	t.Helper()
	var texts [2][]string
	got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(got) != lines {
		t.Fatalf("%d lines, want %d: %q", len(got), lines, out)
	}
	for n, line := range got {
		var number, key int
		if fmt.Sscanf(line, "%d %d:", &number, &key); number != n {
			t.Fatalf("line %d is of piece %d: %q", n, number, out)
		}
		_, text, _ := strings.Cut(line, ":")
		texts[key] = append(texts[key], text)
	}
	for key := range texts {
		if !stands(charset, texts[key], nil, pieces[key]) {
			t.Fatalf("%s: %q does not stand for %q", charset, texts[key], pieces[key])
		}
		if charset != UTF8 && charset != Latin1 {
			continue // these have two codes for some characters
		}
		joined := strings.Join(texts[key], "")
		if back, f := appendTyped(nil, joined, charset.encoder()); f != nil || !bytes.Equal(back, bytes.Join(pieces[key], nil)) {
			t.Fatalf("%s: %q reads back as % x, want % x", charset, joined, back, pieces[key])
		}
	}
}

// stands reports whether each text is its piece, but for a character that the piece
// begins and one after it ends, which is in the text of that.
func stands(charset Charset, texts []string, carried []byte, pieces [][]byte) bool {
	if len(texts) == 0 {
		return len(carried) == 0
	}
	if len(pieces[0]) == 0 && texts[0] == "" && stands(charset, texts[1:], carried, pieces[1:]) {
		return true
	}
	if joined := slices.Concat(carried, pieces[0]); len(carried) > 0 && len(joined) <= 3 && texts[0] == "" && stands(charset, texts[1:], joined, pieces[1:]) {
		return true // it goes on with the character, and does not end it
	}
	for left := 0; left <= min(3, len(pieces[0])); left++ {
		own := len(pieces[0]) - left
		p := Printer{Charset: charset}
		whole := p.Append(nil, slices.Concat(carried, pieces[0]))
		if left == 0 {
			whole = p.Flush(whole)
		} else if left != int(p.held) {
			continue
		}
		if plainDigits(string(whole)) == plainDigits(texts[0]) && stands(charset, texts[1:], pieces[0][own:], pieces[1:]) {
			return true
		}
	}
	return false
}

// plainDigits writes what stands as \\xNN for a digit or letter as that: it is escaped
// only where it might have belonged to a character.
func plainDigits(text string) string {
	return escapedPlain.ReplaceAllStringFunc(text, func(s string) string {
		b, _ := strconv.ParseUint(s[2:], 16, 8)
		if !plainASCII(byte(b), false) {
			return s
		}
		return string(rune(b))
	})
}

var escapedPlain = regexp.MustCompile(`\\x[2-7][0-9a-f]`)

// randomPiece is characters, parts of characters and bytes of all kinds.
func randomPiece(random *rand.Rand, charset Charset) []byte {
	var piece []byte
	for range random.IntN(6) {
		switch random.IntN(4) {
		case 0:
			piece = append(piece, byte(random.Uint32()))
		case 1:
			piece = append(piece, `a\"{}`[random.IntN(5)])
		default:
			char, f := charset.encoder().append(nil, string([]rune("你好é界😀\u0301ｶ")[random.IntN(7)]))
			if f == nil {
				piece = append(piece, char[:1+random.IntN(len(char))]...)
			}
		}
	}
	return piece
}

// A line waits no longer than it is told to, and many lines do not wait at all.
func TestRowsWaitIsBounded(t *testing.T) {
	var out bytes.Buffer
	r := Rows[string]{Out: &out, Wait: time.Second}
	r.Piece("a", nil, []byte("\xe5"), nil, false)
	begun := time.Now()
	due := r.Settle(begun)
	if out.Len() > 0 || due.Before(begun) || due.After(begun.Add(time.Second)) {
		t.Fatalf("out %q, due in %s", out.String(), due.Sub(begun))
	}
	if next := r.Settle(due); !next.IsZero() || out.String() != "\\xe5\n" {
		t.Errorf("out %q, next %s", out.String(), next)
	}
	out.Reset()
	r.Piece("a", nil, []byte("\xe5"), nil, false)
	for out.Len() == 0 && len(r.waiting) < 2*mostWaiting {
		r.Line([]byte("more\n"))
	}
	if len(r.waiting) > mostWaiting || !strings.HasPrefix(out.String(), "\\xe5\nmore\n") {
		t.Errorf("%d bytes wait", len(r.waiting))
	}
}
