package workspace

import (
	"bytes"
	"slices"
	"strings"
)

// Revise is a text that says what f says, and is the old text wherever that says the
// same: comments, order, blank lines and spelling of what did not change stay. Where a
// value changed, its key and comment stay; what is new stands at the end of its table.
// A text that is empty is a new one. The error is what is wrong with the old text or
// with the file, as Parse tells it.
func Revise(old []byte, f *File) ([]byte, error) {
	fresh := f.Format()
	if _, err := Parse(fresh); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(old)) == 0 {
		return fresh, nil
	}
	was, err := Parse(old)
	if err != nil {
		return nil, err
	}
	before, after := was.tree(), f.tree()
	said := after.String()
	if before.String() == said {
		return old, nil
	}
	text, mark := bytes.CutPrefix(old, byteOrderMark)
	now, err := current(string(text))
	if err != nil {
		return nil, err
	}
	if blocks, ok := blocksOf(now); ok {
		spellAsNow(blocks)
		revised := []byte(newReviser(before, after, string(text), blocks).revise())
		if mark {
			revised = append(slices.Clip(byteOrderMark), revised...)
		}
		if again, err := Parse(revised); err == nil && again.tree().String() == said {
			return revised, nil
		}
	}
	return fresh, nil // a way of writing that is not known here: what is said counts most
}

// spellAsNow gives paths the names of today; the text stays as it is.
func spellAsNow(blocks []*tomlBlock) {
	for _, b := range blocks {
		for i := range b.statements {
			s := &b.statements[i]
			s.path = currentPath(append(slices.Clip(b.path), s.path...))[len(b.path):]
		}
		b.path = currentPath(b.path)
	}
}

// reviser makes one text of another.
type reviser struct {
	was, now *tomlNode
	blocks   []*tomlBlock
	// out is what becomes of each block, and between what comes before it; the last is
	// the end of the text.
	out, between [][]string
	end          string // of a line

	heads      map[string]bool // paths of tables and lists that have blocks
	above      map[string]bool // the same, and every path above one
	statements map[string]bool // paths of keys that are not in a list
	places     map[string]int  // where new tables with a key at the top go
}

func newReviser(was, now *tomlNode, text string, blocks []*tomlBlock) *reviser {
	r := &reviser{was: was, now: now, blocks: blocks, out: make([][]string, len(blocks)), between: make([][]string, len(blocks)+1), end: "\n",
		heads: map[string]bool{}, above: map[string]bool{}, statements: map[string]bool{}, places: map[string]int{}}
	if strings.Contains(text, "\r\n") {
		r.end = "\r\n"
	}
	r.between[len(blocks)] = []string{blocks[len(blocks)-1].takeEnd()}
	keys := knownKeys(fileType, nil)
	for _, key := range keys {
		r.places[key] = len(blocks)
	}
	for i, b := range slices.Backward(blocks) {
		r.heads[pathText(b.path)] = true
		for n := range b.path {
			r.above[pathText(b.path[:n+1])] = true
		}
		for s := range b.statements {
			if !b.inList {
				r.statements[pathText(append(slices.Clip(b.path), b.statements[s].path...))] = true
			}
		}
		if i == 0 {
			continue
		}
		for rank, key := range keys {
			if rank < slices.Index(keys, b.path[0]) {
				r.places[key] = i
			}
		}
	}
	return r
}

func (r *reviser) revise() string {
	lists := map[string][]int{} // blocks of a list, by its path
	var order []string
	for i, b := range r.blocks {
		if !b.inList {
			r.out[i] = []string{r.table(b, r.was.at(b.path...), r.now.at(b.path...))}
			continue
		}
		name := pathText(b.path)
		if lists[name] == nil {
			order = append(order, name)
		}
		lists[name] = append(lists[name], i)
	}
	for _, name := range order {
		r.elements(lists[name])
	}
	r.missing(r.now, nil)
	var all []string
	for i, between := range r.between {
		all = append(all, between...)
		if i < len(r.out) {
			all = append(all, r.out[i]...)
		}
	}
	return r.joined(all)
}

// joined is pieces as one text; each begins a line of its own.
func (r *reviser) joined(pieces []string) string {
	var text strings.Builder
	open := false // the last piece has not ended its line
	for _, piece := range pieces {
		if piece == "" {
			continue
		}
		if open {
			text.WriteString(r.end)
		}
		text.WriteString(piece)
		open = !strings.HasSuffix(piece, "\n")
	}
	return text.String()
}

// written is new text with the line ends of the old one.
func (r *reviser) written(s string) string {
	if r.end == "\n" {
		return s
	}
	return strings.ReplaceAll(s, "\n", r.end)
}

// table is a block that says now instead of was.
func (r *reviser) table(b *tomlBlock, was, now *tomlNode) string {
	switch {
	case now == nil:
		return ""
	case was.String() == now.String() && was != nil:
		return b.text()
	case b.nested != "":
		return b.lead + b.head + r.written(now.lines())
	}
	text := []string{b.lead + b.head}
	there := map[string]bool{}
	for i := range b.statements {
		s := &b.statements[i]
		there[s.path[0]] = true
		before, after := was.at(s.path...), now.at(s.path...)
		switch {
		case before.String() == after.String():
			text = append(text, s.text())
		case after != nil:
			text = append(text, s.lead+s.head+r.written(after.String())+s.rest)
		}
	}
	for _, key := range now.keys {
		if one := now.below[key]; one.inLine() && !there[key] && !r.hasBlock(b, key) {
			text = append(text, r.written(line(key, one)))
		}
	}
	return r.joined(append(text, b.tail))
}

// hasBlock says whether what a key of a block names has a block of its own.
func (r *reviser) hasBlock(b *tomlBlock, key string) bool {
	return !b.inList && r.above[pathText(append(slices.Clip(b.path), key))]
}

// elements puts the elements of a list that there are now in the place of those that
// were: each in its block if the order allows it, else behind the one before it.
func (r *reviser) elements(blocks []int) {
	path := r.blocks[blocks[0]].path
	was, now := r.was.at(path...), r.now.at(path...)
	if now == nil || was == nil || len(was.list) != len(blocks) {
		return
	}
	match := pair(was.list, now.list)
	place := -1
	for j, one := range now.list {
		text := ""
		if match[j] >= 0 {
			text = r.table(r.blocks[blocks[match[j]]], was.list[match[j]], one)
		} else {
			text = r.written(one.section(true, path))
		}
		if match[j] > place {
			place = match[j]
		}
		into := &r.between[blocks[0]]
		if place >= 0 {
			into = &r.out[blocks[place]]
		}
		*into = append(*into, text)
	}
}

// pair finds for each element of now the one of was that it is, or was made of: an
// equal one, one with the same name, or the one in its place. -1 is none.
func pair(was, now []*tomlNode) []int {
	match := make([]int, len(now))
	used := make([]bool, len(was))
	by := func(name func(n *tomlNode) string) {
		free := map[string][]int{}
		for i, n := range was {
			if key := name(n); !used[i] && key != "" {
				free[key] = append(free[key], i)
			}
		}
		for j, n := range now {
			if list := free[name(n)]; match[j] < 0 && len(list) > 0 {
				match[j], free[name(n)] = list[0], list[1:]
				used[list[0]] = true
			}
		}
	}
	for j := range match {
		match[j] = -1
	}
	by((*tomlNode).String)
	by(func(n *tomlNode) string { return n.at("name").String() })
	for j := range match {
		if match[j] < 0 && j < len(was) && !used[j] {
			match[j], used[j] = j, true
		}
	}
	return match
}

// missing writes the tables and lists that have no place in the old text.
func (r *reviser) missing(n *tomlNode, path []string) {
	for _, key := range n.keys {
		one, at := n.below[key], append(slices.Clip(path), key)
		if one.inLine() || r.hasStatement(at) {
			continue
		}
		head := r.heads[pathText(at)]
		switch {
		case one.isList && !head:
			for _, element := range one.list {
				r.insert(at[0], element.section(true, at))
			}
		case one.isTable:
			if !head {
				r.insertTable(one, at)
			}
			r.missing(one, at)
		}
	}
}

// insertTable writes what stands in the lines of a table, of which some may have
// blocks of their own already.
func (r *reviser) insertTable(n *tomlNode, path []string) {
	bare := &tomlNode{isTable: true, below: n.below}
	for _, key := range n.keys {
		if at := append(slices.Clip(path), key); n.below[key].inLine() && !r.above[pathText(at)] && !r.hasStatement(at) {
			bare.keys = append(bare.keys, key)
		}
	}
	if len(bare.keys) > 0 || len(n.keys) == 0 {
		r.insert(path[0], bare.section(false, path))
	}
}

// hasStatement says whether a path, or one above it, is a key with a value in the text.
func (r *reviser) hasStatement(path []string) bool {
	for n := range path {
		if r.statements[pathText(path[:n+1])] {
			return true
		}
	}
	return false
}

// insert puts a section behind what comes before it in a file that Format writes.
func (r *reviser) insert(key, section string) {
	at := &r.between[r.places[key]]
	*at = append(*at, r.written(section))
}

func pathText(path []string) string { return strings.Join(path, "\x00") }
