package core

import "sockeye/internal/glossary"

// Explain returns the glossary's entry of a word in any of its spellings, or all entries for "". It
// returns none if the glossary does not explain the word.
func Explain(word string) []glossary.Entry {
	if word == "" {
		return glossary.All()
	}
	if e, ok := glossary.Find(word); ok {
		return []glossary.Entry{e}
	}
	return nil
}
