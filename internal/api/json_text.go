package api

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"sockeye"
)

// textFaults are what is wrong with the texts of a request that have a form, such as
// times, each with its field: "rules[2].delay". encoding/json tells only of the
// first, and not where it is. It is nil if they are all sound.
func textFaults(body []byte, into any) error {
	var tree any
	if json.Unmarshal(body, &tree) != nil {
		return nil
	}
	var found []error
	findTextFaults(tree, reflect.TypeOf(into), "", func(field string, err error) {
		e := *sockeye.ErrorOf(err)
		e.Kind, e.Op, e.Target = sockeye.Invalid, "set", field
		found = append(found, &e)
	})
	if len(found) == 0 {
		return nil
	}
	return joinErrors(found)
}

// findTextFaults looks in a part of a request for texts that its type does not take.
func findTextFaults(part any, t reflect.Type, field string, tell func(field string, err error)) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if text, ok := part.(string); ok {
		if form, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
			if err := form.UnmarshalText([]byte(text)); err != nil {
				tell(field, err)
			}
		}
		return
	}
	switch part := part.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for i, one := range part {
				findTextFaults(one, t.Elem(), fmt.Sprintf("%s[%d]", field, i), tell)
			}
		}
	case map[string]any:
		if t.Kind() == reflect.Map {
			for name, one := range part {
				findTextFaults(one, t.Elem(), strings.TrimPrefix(field+"."+name, "."), tell)
			}
		} else if t.Kind() == reflect.Struct {
			for _, f := range reflect.VisibleFields(t) {
				word, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if one, there := part[word]; there && !f.Anonymous {
					findTextFaults(one, f.Type, strings.TrimPrefix(field+"."+word, "."), tell)
				}
			}
		}
	}
}
