package api

import (
	"encoding"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"sockeye"
)

// object is a JSON object of the description.
type object = map[string]any

// OpenAPI is the description of the API (OpenAPI 3.1), made of the table of routes
// and the types they take and give. Files of the page are not part of it.
func (s *Server) OpenAPI() any {
	d := describer{schemas: object{}}
	paths := object{}
	for _, t := range s.routes {
		if s.page[t.path] != nil {
			continue
		}
		if paths[t.path] == nil {
			paths[t.path] = object{}
		}
		paths[t.path].(object)[strings.ToLower(t.method)] = d.operation(t)
	}
	d.schema(reflect.TypeFor[Failure](), "")
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Sockeye", "version": "1",
			"description": "The API of a running workbench. Every request but those without security carries Authorization: Bearer TOKEN; writes carry Content-Type: application/json. " +
				"Texts of errors are in the language of Accept-Language, en or zh; failures of a request that names both have the other as their translation.",
		},
		"paths": paths,
		"components": object{
			"schemas":         d.schemas,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer"}},
		},
		"security": []object{{"token": []string{}}},
	}
}

// describer collects the schemas that are referred to.
type describer struct{ schemas object }

var inPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{(\w+)\}`)
})

func (d *describer) operation(t *httpRoute) object {
	op := object{"summary": t.summary, "operationId": operationID(t)}
	if t.open {
		op["security"] = []object{}
	}
	var parameters []object
	for _, m := range inPath().FindAllStringSubmatch(t.path, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, name := range t.query {
		parameters = append(parameters, object{"name": name, "in": "query", "schema": object{"type": "string"}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if t.in != nil && t.method != http.MethodGet && t.in != reflect.TypeFor[None]() {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schema(t.in, "")}}}
	}
	if t.takes != "" {
		op["requestBody"] = object{"required": true, "content": object{t.takes: object{"schema": object{}}}}
	}
	media := t.media
	if media == "" {
		media = "application/json"
	}
	schema := object{}
	if t.out != nil {
		schema = d.schema(t.out, "")
	}
	op["responses"] = object{
		fmt.Sprint(max(t.status, http.StatusOK)): object{"description": "Done.", "content": object{media: object{"schema": schema}}},
		"default":                                object{"description": "Refused or failed.", "content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Failure"}}}},
	}
	return op
}

func operationID(t *httpRoute) string {
	words := strings.FieldsFunc(strings.TrimPrefix(t.path, "/api/v1"), func(r rune) bool { return strings.ContainsRune("/{}.", r) })
	return strings.ToLower(t.method) + "-" + strings.Join(words, "-")
}

// schema describes a type; a struct by reference. words are those of an enumeration.
func (d *describer) schema(t reflect.Type, words string) object {
	if isText(t) {
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem(), words)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": d.schema(t.Elem(), "")}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem(), "")}
	case reflect.Struct:
		return d.reference(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		if words == "" {
			return object{"type": "string"}
		}
		return object{"type": "string", "enum": strings.Split(words, ",")}
	case reflect.Uint16:
		return object{"type": "integer", "minimum": 0, "maximum": 1<<16 - 1}
	case reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	}
	return object{"type": "integer"}
}

func (d *describer) reference(t reflect.Type) object {
	name := TypeName(t)
	ref := object{"$ref": "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return ref
	}
	properties := object{}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	d.schemas[name] = schema
	var required []string
	for _, f := range reflect.VisibleFields(t) {
		word, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || word == "-" || word == "" {
			continue
		}
		properties[word] = d.schema(f.Type, f.Tag.Get("enum"))
		if !strings.HasPrefix(options, "omit") {
			required = append(required, word)
		}
	}
	if form, ok := OptionFormOf(t); ok {
		describeOptions(sockeye.AllOptions, form, properties)
	}
	if required != nil {
		schema["required"] = required
	}
	return ref
}

// isText says whether a type is a string in JSON although it is of another kind.
func isText(t reflect.Type) bool {
	return t.Kind() != reflect.Pointer && t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
