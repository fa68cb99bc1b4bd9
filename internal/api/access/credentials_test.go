package access

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A secret that is longer than any of ours is turned away before it is hashed: hashing
// megabytes for everybody who asks is work that others could order.
func TestLongSecretsAreNotHashed(t *testing.T) {
	var s issuedCredentials
	password := strings.Repeat("p", maxSecret+1)
	s.init(password)
	if _, ok := s.enter(password); ok {
		t.Error("a password beyond the bound lets in")
	}
	s.shellHash, s.tokens = hashOf(password), []issuedToken{{hashOf(password), time.Now()}}
	if got := s.callerOf(password); got != anonymous {
		t.Errorf("a token beyond the bound is %v's", got)
	}
	s.tickets = []issuedToken{{hashOf(password), time.Now()}}
	if _, ok := s.redeem(password); ok {
		t.Error("a ticket beyond the bound is redeemed")
	}
	fits := strings.Repeat("p", maxSecret)
	s.init(fits)
	if _, ok := s.enter(fits); !ok {
		t.Error("a password as long as may be does not let in")
	}
}

func hashOf(secret string) hash {
	var s issuedCredentials
	s.init(secret)
	return s.password
}

// The latest tokens are kept, the oldest forgotten, and a ticket works once.
func TestTokensAreBounded(t *testing.T) {
	var s issuedCredentials
	s.init("")
	first, ok := s.redeem(s.ticket())
	if !ok || s.callerOf(first) != pageCaller {
		t.Fatal("a ticket does not work")
	}
	for range maxTokens - 1 {
		s.redeem(s.ticket())
	}
	if s.callerOf(first) != pageCaller || len(s.tokens) != maxTokens {
		t.Errorf("with %d tokens the first is forgotten", len(s.tokens))
	}
	last := s.ticket()
	token, _ := s.redeem(last)
	if s.callerOf(first) != anonymous || s.callerOf(token) != pageCaller || len(s.tokens) != maxTokens {
		t.Errorf("with one more: %d tokens", len(s.tokens))
	}
	if _, again := s.redeem(last); again {
		t.Error("a ticket works twice")
	}
	if _, ok := s.enter(""); ok {
		t.Error("without a password anybody is let in")
	}
}

// T07: a ticket opens once, however many use it at the same moment.
func TestTicketRace(t *testing.T) {
	var s issuedCredentials
	s.init("")
	for range 1000 {
		ticket := s.ticket()
		var won [2]bool
		var both sync.WaitGroup
		for i := range won {
			both.Go(func() { _, won[i] = s.redeem(ticket) })
		}
		both.Wait()
		if won[0] == won[1] {
			t.Fatalf("redeemed by %v", won)
		}
	}
}

// T07: a ticket is worth nothing after its time.
func TestLateTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s issuedCredentials
		s.init("")
		early, late := s.ticket(), s.ticket()
		time.Sleep(ticketLife - time.Second)
		if _, ok := s.redeem(early); !ok {
			t.Error("refused within its life")
		}
		time.Sleep(2 * time.Second)
		if _, ok := s.redeem(late); ok {
			t.Error("redeemed after its life")
		}
	})
}

// T06: secrets are compared in constant time, and nowhere else. The sources that
// handle them have no other comparison of theirs.
func TestOnlyConstantTimeComparisons(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(err)
	}
	secret := func(e ast.Expr) bool {
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				switch strings.ToLower(id.Name) {
				case "token", "ticket", "password", "shell", "hash", "shellhash", "h", "t":
					found = true
				}
			}
			return true
		})
		return found
	}
	handling := map[string]bool{"credentials.go": true, "proof.go": true, "sharing.go": true, "dial.go": true, "state.go": true}
	inspect := func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.EQL && b.Op != token.NEQ {
			return true
		}
		if lit, ok := b.Y.(*ast.BasicLit); ok && (lit.Value == `""` || lit.Value == "1") {
			return true // whether there is one, and the result of the comparison
		}
		if secret(b.X) || secret(b.Y) {
			t.Errorf("a secret is compared with %s", b.Op)
		}
		return true
	}
	for _, name := range []string{"credentials.go", "proof.go", "sharing.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, inspect)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !handling[name] && !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "sha256") {
			t.Errorf("%s handles secrets", name)
		}
	}
}
