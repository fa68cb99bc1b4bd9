package api

import (
	"sockeye"
	"sockeye/internal/core"
)

type (
	// Glossary are words of sockets and networks, explained.
	Glossary struct {
		Words []Word `json:"words"`
	}
	// Word is one of them, in the language that was asked for.
	Word struct {
		Word    string   `json:"word"`
		Name    string   `json:"name"`           // as it is said in that language
		Also    []string `json:"also,omitempty"` // other spellings, of every language
		Text    string   `json:"text"`
		Picture string   `json:"picture,omitempty"` // a drawing in characters
		Command string   `json:"command"`           // what shows it here
		RFC     string   `json:"rfc,omitempty"`     // where it is laid down
	}
)

// explain gives the words of the glossary, or the one that is asked for.
func (c *requestContext) explain(None) (Glossary, error) {
	word := c.q.Get("word")
	list := core.Explain(word)
	if len(list) == 0 {
		return Glossary{}, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: word,
			Message: sockeye.Text{En: "this word is not explained here", Zh: "这里没有解释这个术语"},
			Hint:    sockeye.Text{En: "without word= all words come", Zh: "不写 word= 则给出全部术语"}}
	}
	out := Glossary{Words: []Word{}}
	for _, e := range list {
		out.Words = append(out.Words, Word{e.Word, sockeye.Text{En: e.Word, Zh: e.Zh}.In(c.lang), append([]string{e.Zh}, e.Also...), e.Text().In(c.lang), e.Drawing().In(c.lang), e.Command, e.RFC})
	}
	return out, nil
}
