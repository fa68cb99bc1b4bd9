package codegen

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"strings"
	"sync"
	"text/template/parse"

	"sockeye"
)

// builtins are the functions of text/template that templates use.
var builtins = map[string]any{
	"eq":     equal,
	"ne":     func(a, b any) bool { return !equal(a, b) },
	"lt":     cmp.Less[int],
	"gt":     func(a, b int) bool { return a > b },
	"len":    func(v any) int { return reflect.ValueOf(v).Len() },
	"not":    func(v any) bool { return !truth(reflect.ValueOf(v)) },
	"and":    true, // only declared: evaluator.decide evaluates these two
	"or":     true,
	"printf": fmt.Sprintf,
}

// equal compares as eq does: a number with a number, whatever its width.
func equal(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.CanInt() && y.CanUint() {
		x, y = y, x
	}
	if x.CanUint() && y.CanInt() {
		return y.Int() >= 0 && x.Uint() == uint64(y.Int())
	}
	return a == b
}

// trees are the parsed templates by name.
var trees = sync.OnceValues(func() (map[string]*parse.Tree, error) {
	all := map[string]*parse.Tree{}
	names, err := fs.Glob(files, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parsed, err := parse.Parse(strings.TrimPrefix(name, "templates/"), string(text), "", "", builtins, functions(sockeye.English))
		if err != nil {
			return nil, err
		}
		maps.Copy(all, parsed)
	}
	return all, nil
})

// evaluator runs one template. It is what text/template does, for the subset that the
// templates need: that package's own evaluator finds methods by name, so that the linker must
// keep every exported method of the whole program, a tenth of its size. A panic of type
// templateError ends a run.
type evaluator struct {
	out       *strings.Builder
	functions map[string]any
	variables []variable // the innermost last
	depth     int        // of templates within templates
}

type variable struct {
	name  string
	value reflect.Value
}

type templateError struct{ error }

func failf(node parse.Node, format string, args ...any) {
	panic(templateError{fmt.Errorf("template: %s in %s", fmt.Sprintf(format, args...), node)})
}

// evaluate runs the template of a name over data.
func evaluate(name string, data any, functions map[string]any) (text string, err error) {
	all := maps.Clone(builtins)
	maps.Copy(all, functions)
	e := &evaluator{out: &strings.Builder{}, functions: all}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case templateError:
			text, err = "", p.error
		default:
			panic(p)
		}
	}()
	e.template(&parse.TemplateNode{Name: name}, reflect.ValueOf(data))
	return e.out.String(), nil
}

// template runs a template with variables of its own.
func (e *evaluator) template(n *parse.TemplateNode, dot reflect.Value) {
	known, err := trees()
	if err != nil {
		panic(templateError{err})
	}
	tree := known[n.Name]
	if tree == nil || e.depth == 100 {
		failf(n, "no template, or one within itself")
	}
	inner := &evaluator{out: e.out, functions: e.functions, variables: []variable{{"$", dot}}, depth: e.depth + 1}
	inner.walk(tree.Root, dot)
}

func (e *evaluator) walk(node parse.Node, dot reflect.Value) {
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			e.walk(one, dot)
		}
	case *parse.TextNode:
		e.out.Write(n.Text)
	case *parse.ActionNode:
		if v := e.pipe(n.Pipe, dot); len(n.Pipe.Decl) == 0 {
			fmt.Fprint(e.out, v.Interface())
		}
	case *parse.IfNode:
		e.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		e.branch(&n.BranchNode, dot, true)
	case *parse.TemplateNode:
		e.template(n, e.pipe(n.Pipe, dot))
	default:
		failf(node, "unknown action")
	}
}

// branch runs one of the two lists; with moves the dot to what was asked.
func (e *evaluator) branch(n *parse.BranchNode, dot reflect.Value, with bool) {
	scope := len(e.variables)
	defer func() { e.variables = e.variables[:scope] }()
	v := e.pipe(n.Pipe, dot)
	switch {
	case truth(v) && with:
		e.walk(n.List, v)
	case truth(v):
		e.walk(n.List, dot)
	case n.ElseList != nil:
		e.walk(n.ElseList, dot)
	}
}

// pipe evaluates one command, which may give a variable its value.
func (e *evaluator) pipe(n *parse.PipeNode, dot reflect.Value) reflect.Value {
	if n == nil {
		return reflect.Value{}
	}
	if len(n.Cmds) != 1 || len(n.Decl) > 1 {
		failf(n, "more than one command")
	}
	v := e.command(n.Cmds[0], dot)
	for _, d := range n.Decl {
		if n.IsAssign {
			e.variable(d).value = v
		} else {
			e.variables = append(e.variables, variable{d.Ident[0], v})
		}
	}
	return v
}

func (e *evaluator) command(n *parse.CommandNode, dot reflect.Value) reflect.Value {
	name, call := n.Args[0].(*parse.IdentifierNode)
	switch {
	case !call && len(n.Args) > 1:
		failf(n, "arguments for what is no function")
	case !call:
		return e.value(n.Args[0], dot)
	case name.Ident == "and" || name.Ident == "or":
		return e.decide(n, name.Ident == "or", dot)
	}
	return e.call(n, reflect.ValueOf(e.functions[name.Ident]), dot)
}

// decide is and, or: the first argument whose truth decides, else the last.
func (e *evaluator) decide(n *parse.CommandNode, decisive bool, dot reflect.Value) (v reflect.Value) {
	for _, arg := range n.Args[1:] {
		if v = e.value(arg, dot); truth(v) == decisive {
			break
		}
	}
	return v
}

func (e *evaluator) call(n *parse.CommandNode, f reflect.Value, dot reflect.Value) reflect.Value {
	t, given := f.Type(), n.Args[1:]
	if t.IsVariadic() && len(given) < t.NumIn()-1 || !t.IsVariadic() && len(given) != t.NumIn() {
		failf(n, "wrong number of arguments")
	}
	args := make([]reflect.Value, len(given))
	for i, arg := range given {
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= t.NumIn()-1 {
			want = want.Elem()
		}
		if args[i] = e.value(arg, dot); !args[i].Type().AssignableTo(want) {
			failf(n, "argument %d is no %s", i+1, want)
		}
	}
	return f.Call(args)[0]
}

// value evaluates an operand.
func (e *evaluator) value(node parse.Node, dot reflect.Value) reflect.Value {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.StringNode:
		return reflect.ValueOf(n.Text)
	case *parse.BoolNode:
		return reflect.ValueOf(n.True)
	case *parse.NumberNode:
		if !n.IsInt {
			failf(n, "no integer")
		}
		return reflect.ValueOf(int(n.Int64))
	case *parse.FieldNode:
		return field(n, dot, n.Ident)
	case *parse.VariableNode:
		return field(n, e.variable(n).value, n.Ident[1:])
	case *parse.PipeNode:
		return e.pipe(n, dot)
	}
	failf(node, "unknown operand")
	return reflect.Value{}
}

// variable finds the innermost one of the name; parse has seen to it that there is one.
func (e *evaluator) variable(n *parse.VariableNode) *variable {
	for i := len(e.variables) - 1; i >= 0; i-- {
		if e.variables[i].name == n.Ident[0] {
			return &e.variables[i]
		}
	}
	failf(n, "no such variable")
	return nil
}

// field follows names of fields, through pointers.
func field(n parse.Node, v reflect.Value, names []string) reflect.Value {
	for _, name := range names {
		v = reflect.Indirect(v)
		if v.Kind() != reflect.Struct || !v.FieldByName(name).IsValid() {
			failf(n, "no field %s", name)
		}
		v = v.FieldByName(name)
	}
	return v
}

// truth is what if asks: not zero, not empty, not nil.
func truth(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.String, reflect.Slice:
		return v.Len() > 0
	case reflect.Struct:
		return true
	}
	return !v.IsZero()
}
