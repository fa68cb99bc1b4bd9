package client_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain: a client leaves no goroutine behind.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, w := range exampleWorkbenches {
		w.end()
		os.RemoveAll(w.home)
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}
