package sockeye_test

import (
	"go/ast"
	"testing"
)

// jsonWrites are the files that make JSON otherwise than MarshalJSON does, which leaves nothing
// in it that drives a terminal; and why they may.
var jsonWrites = map[string]string{
	"internal/doctor/text.go":          "indented, and escaped after that",
	"internal/workspace/options.go":    "values that become TOML",
	"internal/recording/index.go":      "an index that only this program reads",
	"internal/pcapng/custom_option.go": "a block of a recording, which is no text",
	"internal/hub/identity.go":         "a key file of this program, and what a hub is asked",
	"internal/hub/code.go":             "becomes base64",
	"internal/hub/server/authority.go": "a key file of this program",
	"internal/hub/server/command.go":   "where the hub is, for this program",
	"internal/hub/server/registry.go":  "values of the hub's store",
	"internal/api/access/state.go":     "where the workbench is, for this program",
	"internal/api/client.go":           "a request",
	"internal/api/json_faults.go":      "a request, read once more",
	"internal/api/options.go":          "values, which become an answer",
	"internal/device/target_hub.go":    "a file of this program",
	"internal/device/target_mqtt.go":   "a message for Home Assistant",
}

// JSON that is shown or kept is harmless wherever it is printed: a new place that makes some by
// itself has to be thought about before it is written down here.
func TestJSONIsMadeInOneWay(t *testing.T) {
	found := map[string]bool{}
	eachProgramFile(t, func(path string, file *ast.File) {
		if uses(file, "json", "Marshal", "MarshalIndent", "NewEncoder") {
			if found[path] = true; jsonWrites[path] == "" {
				t.Errorf("%s makes JSON by itself: use sockeye.MarshalJSON, or write down here why not", path)
			}
		}
	})
	for path := range jsonWrites {
		if !found[path] {
			t.Errorf("%s makes no JSON any more", path)
		}
	}
}
