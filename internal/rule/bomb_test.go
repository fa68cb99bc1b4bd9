package rule

import (
	"regexp/syntax"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// bombs are expressions that take long on some text: the classes that RE2 is known
// to be slow on, and those that other engines never come back from.
var bombs = []string{
	`(a+)+$`, `(a|aa)+$`, `(a|a?)+$`, `(.*)(.*)(.*)(.*)(.*)x`, `(x+x+)+y`, `([a-z]+){40}x`, `(a?){300}a{300}`, `(?i)(\pL+\s*)+!`,
	`^(([a-z])+.)+[A-Z]([a-z])+$`, `(x{0,1000})y`, `[\pL\pN]{1,1000}$y`, `[\pL\pN]{1,600}$y`, `(?i)[\pL\pN]{1,40}$y`, `((x{0,30}){0,30}){0,30}y`, `((a{0,100}){0,100}){0,100}`,
	`(?s).*.*.*.*.*.*.*.*=.*`, `^(.*?,){11}P`, `(\pL|\pN|.){200}$`, `x*x*x*x*x*x*x*x*x*x*y`,
}

// T43: Of an expression, instructions times the bytes that it is tried on are bounded when
// it is saved; what has too many is refused. Longer input does not match, at no cost.
func TestRegexBombs(t *testing.T) {
	refused, tried := 0, 0
	for _, e := range bombs {
		p, err := ParsePattern("regexp:" + e)
		if err != nil {
			if fault := sockeye.ErrorOf(err); fault.Kind != sockeye.Invalid || fault.Hint.IsZero() {
				t.Errorf("%s: %v", e, err)
			}
			refused++
			continue
		}
		tried++
		tree, err := syntax.Parse(e, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		program, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(program.Inst); n > 2000 || n*p.Limit() > 2_000_000 || p.Limit() > 64<<10 {
			t.Errorf("%s: %d instructions on %d bytes", e, n, p.Limit())
		}
		for _, letter := range []string{"a", "x"} {
			body := []byte(strings.Repeat(letter, p.Limit()))
			began := time.Now()
			p.Match(body, new([]int))
			if took := time.Since(began); took > time.Minute { // 50 ms on a quiet machine: see BenchmarkRegexBombs
				t.Errorf("%s took %s on %d bytes", e, took, len(body))
			}
			if p.Match(append(body, 'a'), nil) {
				t.Errorf("%s was tried on more than %d bytes", e, p.Limit())
			}
		}
	}
	if refused == 0 || tried == 0 {
		t.Errorf("%d expressions refused, %d tried", refused, tried)
	}
}

// BenchmarkRegexBombs is one evaluation of each expression on the longest frame that it is
// tried on. It must not take more than 100 ms.
func BenchmarkRegexBombs(b *testing.B) {
	for _, e := range bombs {
		p, err := ParsePattern("regexp:" + e)
		if err != nil {
			continue
		}
		body := []byte(strings.Repeat("x", p.Limit()))
		b.Run(e, func(b *testing.B) {
			for b.Loop() {
				p.Match(body, nil)
			}
		})
	}
}

// T43: That a frame was too long for a pattern is told, once for each rule of a peer; other
// rules answer it all the same.
func TestTooLongIsTold(t *testing.T) {
	e := engine(t, Set{Rules: []Rule{
		{Name: "slow", Match: `regexp:(\pL|\pN|.){200}$`, Replies: []Reply{{Text: "slow"}}},
		{Match: "prefix:x", Replies: []Reply{{Text: "quick"}}},
	}}, EngineOptions{Allow: Allowed{Storm: true}})
	long := []byte(strings.Repeat("x", 60_000))
	for n, peer := range []uint64{1, 1, 2} {
		plan := e.Frame(tcpPeer(peer), long, begin)
		told := 0
		for _, trouble := range plan.Trouble {
			if trouble.Kind == sockeye.LimitReached && trouble.Target == "rule 1 (slow)" && strings.Contains(trouble.Message.En, "60000 bytes") && !trouble.Hint.IsZero() {
				told++
			}
		}
		if want := map[int]int{0: 1, 1: 0, 2: 1}[n]; told != want || len(plan.Trouble) != want {
			t.Errorf("frame %d: told %d times, want %d: %v", n, told, want, plan.Trouble)
		}
		if len(plan.Steps) != 1 || string(plan.Steps[0].Data) != "quick" {
			t.Errorf("frame %d: %v", n, show(plan))
		}
	}
}
