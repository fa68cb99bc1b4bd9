package schemes

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sockeye/internal/transport/mqtt"
)

// Every driver of the list passes the suite of drivers; the one that only listens passes the
// half of it that it can (decisions/0026).
func TestEveryDriverRunsTheSuite(t *testing.T) {
	for network, d := range drivers {
		call := "transporttest.Suite("
		if _, ok := d.(mqtt.Driver); ok {
			call = "transporttest.ListenSuite("
		}
		room := strings.TrimPrefix(reflect.TypeOf(d).PkgPath(), "sockeye/internal/transport/")
		files, err := filepath.Glob("../" + room + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), call)
		}
		if !found {
			t.Errorf("no test of %s calls %s…) for %s", room, call, network)
		}
	}
}
