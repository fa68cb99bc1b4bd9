package payload

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"sockeye"
)

// MaxSteps bounds what a regular expression that somebody wrote takes for each byte that it is
// tried on, in instructions of its program, and its length in bytes.
const MaxSteps = 2000

// MaxWork bounds what an expression takes for one text that came from outside, its steps times the
// text's length in bytes, so that none holds a session up for more than about 50 ms: a match
// cannot be called off. Longer texts are not tried.
const MaxWork = 2_000_000

// classSteps is what each Unicode class such as \pL counts for: it has hundreds of ranges,
// and takes 15 KB where another instruction takes 40 bytes.
const classSteps = 32

// CompileRegexp compiles a regular expression of RE2's syntax, and says how many steps it takes
// for each byte. One that is longer or takes more than MaxSteps is refused before it is compiled.
// The error is of kind Invalid, without an operation and a target.
func CompileRegexp(expression string) (re *regexp.Regexp, steps int, err error) {
	if len(expression) > MaxSteps {
		return nil, 0, wrongExpression(syntaxHint, "the expression is longer than %d bytes", "表达式超过 %d 字节", MaxSteps)
	}
	if steps, err = stepsOf(expression); err == nil && steps <= MaxSteps {
		re, err = regexp.Compile(expression)
	}
	switch {
	case err != nil:
		return nil, 0, wrongExpression(syntaxHint, "%s", "正则表达式有误：%s", SafeString(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	case steps > MaxSteps:
		return nil, 0, wrongExpression(sockeye.Text{En: "make counted repetitions smaller, and use fewer Unicode classes", Zh: "请减小重复次数，少用 Unicode 字符类"},
			"the expression takes %d steps for each byte, more than %d", "表达式每个字节需要 %d 步，超过 %d 步", steps, MaxSteps)
	}
	return re, steps, nil
}

var syntaxHint = sockeye.Text{En: "the syntax is RE2's; write (?s) for . to match line ends", Zh: "采用 RE2 语法；要让 . 匹配换行请写 (?s)"}

func wrongExpression(hint sockeye.Text, en, zh string, values ...any) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.Invalid, Message: sockeye.Text{En: fmt.Sprintf(en, values...), Zh: fmt.Sprintf(zh, values...)}, Hint: hint}
}

// stepsOf counts the steps that an expression takes for each byte. One that has too many
// classes is not parsed.
func stepsOf(expression string) (int, error) {
	n := classSteps * (strings.Count(expression, `\p`) + strings.Count(expression, `\P`))
	if n > MaxSteps {
		return n, nil
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0, err
	}
	return n + len(program.Inst), nil
}
