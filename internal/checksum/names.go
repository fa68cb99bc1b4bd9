package checksum

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"sockeye"
)

// Lookup finds a checksum by its name, key or an alias: case, spaces and the signs
// - _ / . do not matter. A CRC without a name is written with its parameters in
// hex, the ones left out being zero or false:
//
//	crc[width=16,poly=1021,init=ffff,refin,refout,xorout=0000]
//
// The error is a *sockeye.Error of kind NotFound with the nearest name, or Invalid
// for parameters that cannot be.
func Lookup(name string) (*Algorithm, error) {
	if inner, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "crc["); ok {
		return custom(name, inner)
	}
	if a := index()[normal(name)]; a != nil {
		return a, nil
	}
	e := &sockeye.Error{
		Kind: sockeye.NotFound, Op: "parse", Target: name,
		Message: sockeye.Text{En: "no checksum has this name", Zh: "没有这个名称的校验"},
		Hint:    sockeye.Text{En: "sockeye crc ls lists them", Zh: "sockeye crc ls 列出全部校验"},
	}
	if near := Nearest(name); near != "" {
		e.Hint = sockeye.Text{En: fmt.Sprintf("did you mean %s? sockeye crc ls lists all", near), Zh: fmt.Sprintf("是否要写 %s？sockeye crc ls 列出全部校验", near)}
	}
	return nil, e
}

// index finds algorithms by every spelling, normalised.
var index = sync.OnceValue(func() map[string]*Algorithm {
	m := map[string]*Algorithm{}
	for _, a := range All() {
		for _, name := range append([]string{a.Key}, a.Aliases...) {
			m[name] = a
		}
	}
	return m
})

// normal is a name without what does not matter in it.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '/', '.', ' ':
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// Nearest is the key, alias or one of the other words that is spelled most like
// name, or "" if none is near.
func Nearest(name string, others ...string) string {
	name = normal(name)
	if len(name) < 3 || len(name) > 40 {
		return ""
	}
	best, distance := "", len(name)/3+1
	words := others
	for _, a := range All() {
		words = append(append(words, a.Key), a.Aliases...)
	}
	for _, word := range words {
		if d := editDistance(name, normal(word)); d < distance {
			best, distance = word, d
		}
	}
	return best
}

// Near reports whether two names are spelled alike but for a letter or, in longer
// ones, two.
func Near(a, b string) bool {
	most := 1
	if len(a) > 4 {
		most = 2
	}
	return len(a) < 100 && editDistance(a, b) <= most
}

// editDistance is the number of letters to change, insert or leave out.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// customs keeps what was made of parameters, so that the tables are made once. It
// is bounded: the names come from outside.
var customs struct {
	sync.Mutex
	made map[Parameters]*Algorithm
}

const maxCustoms = 64

// Custom is the CRC with these parameters, which need not have a name.
func Custom(p Parameters) (*Algorithm, error) {
	m := mask(max(1, min(64, p.Width)))
	switch {
	case p.Width < 8 || p.Width > 64:
		return nil, badParameters(p.String(), fmt.Sprintf("a width of %d is not between 8 and 64", p.Width), fmt.Sprintf("位宽 %d 不在 8 到 64 之间", p.Width))
	case p.Poly&^m != 0 || p.Init&^m != 0 || p.XorOut&^m != 0:
		return nil, badParameters(p.String(), fmt.Sprintf("a value has more than %d bits", p.Width), fmt.Sprintf("有数值超过 %d 位", p.Width))
	case p.Poly&1 == 0:
		return nil, badParameters(p.String(), "a polynomial is odd", "多项式的最低位必须是 1")
	}
	for _, a := range All() {
		if a.CRC != nil && *a.CRC == p {
			return a, nil
		}
	}
	customs.Lock()
	defer customs.Unlock()
	if a := customs.made[p]; a != nil {
		return a, nil
	}
	e := &crcEngine{Parameters: p}
	a := &Algorithm{Name: p.String(), Key: p.String(), Bits: p.Width, Little: p.RefOut, CRC: &p, crc: e,
		What: sockeye.Text{En: "a CRC without a name", Zh: "未命名的 CRC"}}
	a.Check = (&crcEngine{Parameters: p}).sum([]byte("123456789"))
	if customs.made == nil || len(customs.made) >= maxCustoms {
		customs.made = map[Parameters]*Algorithm{}
	}
	customs.made[p] = a
	return a, nil
}

// custom reads the parameters of crc[…]; inner is what follows the bracket.
func custom(name, inner string) (*Algorithm, error) {
	inner, ok := strings.CutSuffix(inner, "]")
	if !ok {
		return nil, badParameters(name, "the bracket of crc[ is not closed", "crc[ 缺少右方括号")
	}
	var p Parameters
	for _, word := range strings.FieldsFunc(inner, func(r rune) bool { return r == ',' || r == ' ' }) {
		key, value, _ := strings.Cut(word, "=")
		if err := p.set(key, value); err != nil {
			return nil, badParameters(name, err.Error(), "无法识别 "+strconv.Quote(word))
		}
	}
	return Custom(p)
}

func (p *Parameters) set(key, value string) (err error) {
	number := func(into *uint64) {
		*into, err = strconv.ParseUint(strings.TrimPrefix(value, "0x"), 16, 64)
	}
	flag := func(into *bool) {
		if *into = true; value != "" {
			*into, err = strconv.ParseBool(value)
		}
	}
	switch key {
	case "width":
		p.Width, err = strconv.Atoi(value)
	case "poly":
		number(&p.Poly)
	case "init":
		number(&p.Init)
	case "xorout":
		number(&p.XorOut)
	case "refin":
		flag(&p.RefIn)
	case "refout":
		flag(&p.RefOut)
	default:
		return fmt.Errorf("%q is no parameter", key)
	}
	if err != nil {
		return fmt.Errorf("%q is no value for %s", value, key)
	}
	return nil
}

func badParameters(name, en, zh string) error {
	return &sockeye.Error{
		Kind: sockeye.Invalid, Op: "parse", Target: name, Message: sockeye.Text{En: en, Zh: zh},
		Hint: sockeye.Text{En: "write crc[width=16,poly=1021,init=ffff,refin,refout,xorout=0000], values in hex", Zh: "写成 crc[width=16,poly=1021,init=ffff,refin,refout,xorout=0000]，数值为十六进制"},
	}
}
