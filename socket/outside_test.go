package socket_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// boardProgram is the tutorial's first step, outside Sockeye's module.
const boardProgram = `package main

import (
	"fmt"

	"sockeye/socket"
)

func main() {
	infos, err := socket.GetAddrInfo("127.0.0.1", "10000", socket.SOCK_STREAM)
	if err != nil {
		panic(err)
	}
	at := infos[0].AddrPort
	fmt.Println(infos[0].Address, at.Addr(), at.Port())
}
`

// A program outside this module builds with the commands that the package's
// document gives, with nothing but what the module cache has.
func TestOutsideModule(t *testing.T) {
	sockeye, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "board")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sockeye, filepath.Join(folder, "..", "sockeye")); err != nil {
		t.Skip("this system has no symbolic links:", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(boardProgram), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(words ...string) string {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=", "GOWORK=off", "PWD="+folder)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
		return string(out)
	}
	commands := regexp.MustCompile(`(?m)^//\t(go (?:mod|build).*)$`).FindAllStringSubmatch(string(doc), -1)
	if len(commands) != 4 {
		t.Fatalf("the document has %d commands", len(commands))
	}
	for _, c := range commands {
		run(strings.Fields(c[1])...)
	}
	if got := run(filepath.Join(folder, "board")); got != "127.0.0.1:10000 127.0.0.1 10000\n" {
		t.Errorf("the program says %q", got)
	}
}
