package workspace

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"sockeye"
)

var (
	fileType, payloadType, endpointType = reflect.TypeFor[File](), reflect.TypeFor[Payload](), reflect.TypeFor[Endpoint]()
	optionType                          = reflect.TypeFor[sockeye.Option]() // of the value of any
)

// strangeKey is a key up to the first name that the format does not have there, letter
// by letter; nil if there is none.
func strangeKey(key toml.Key) toml.Key { return strangeKeyIn(fileType, key) }

// strangeKeyIn is strangeKey of another format, whose keys are the tags of a struct.
func strangeKeyIn(t reflect.Type, key toml.Key) toml.Key {
	for n, part := range key {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t == payloadType || t == optionType || t.Kind() != reflect.Map && t.Kind() != reflect.Struct:
			return nil // it says itself what is wrong
		case t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			_, inner := keyOf(t, part)
			if inner == nil {
				return key[:n+1]
			}
			t = inner
		}
	}
	return nil
}

// fieldsByKey holds a map[string]reflect.StructField for each struct of the format: a
// file has tens of thousands of keys.
var fieldsByKey sync.Map

// fieldOf is the field of a struct that a key names: with its name of today or of
// before, and with - for _, as flags have it.
func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	fields, ok := fieldsByKey.Load(t)
	if !ok {
		all := map[string]reflect.StructField{}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
			for _, name := range []string{name, f.Tag.Get("alias")} {
				if name != "" && name != "-" {
					all[name], all[strings.ReplaceAll(name, "_", "-")] = f, f
				}
			}
		}
		fields, _ = fieldsByKey.LoadOrStore(t, all)
	}
	found, ok := fields.(map[string]reflect.StructField)[key]
	return found, ok
}

// keyOf is the key of today that a key of a struct means: its own, or an option's.
func keyOf(t reflect.Type, key string) (name string, inner reflect.Type) {
	if f, ok := fieldOf(t, key); ok {
		name, _, _ = strings.Cut(f.Tag.Get("toml"), ",")
		return name, f.Type
	}
	if t != endpointType {
		return "", nil
	}
	if d, _ := sockeye.AllOptions.Lookup(key, sockeye.FileForm); d != nil {
		return d.Key(sockeye.FileForm), optionType
	}
	return "", nil
}

// currentPath is a path of keys as it is spelled today.
func currentPath(path []string) []string {
	out := slices.Clone(path)
	t := fileType
	for n, part := range path {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			name, inner := keyOf(t, part)
			if inner == nil {
				return out
			}
			out[n], t = name, inner
		default:
			return out
		}
	}
	return out
}

// knownKeys are the keys of the table at a path.
func knownKeys(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Map && len(path) > 0:
		return knownKeys(t.Elem(), path[1:])
	case t.Kind() != reflect.Struct:
		return nil
	case len(path) == 0:
		var names []string
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ","); name != "-" {
				names = append(names, name)
			}
		}
		if t == endpointType {
			names = append(names, sockeye.AllOptions.Keys(sockeye.FileForm)...)
		}
		return names
	}
	if field, ok := fieldOf(t, path[0]); ok {
		return knownKeys(field.Type, path[1:])
	}
	return nil
}
