package core

import "sockeye/internal/glossary"

// Explain gives the words of the glossary, or the one that is asked for in any of its
// spellings; none: it is not explained.
func Explain(word string) []glossary.Entry {
	if word == "" {
		return glossary.All()
	}
	if e, ok := glossary.Find(word); ok {
		return []glossary.Entry{e}
	}
	return nil
}
