package payload

import "strings"

// HexWords are the messages that words of hex mean. Where no word has more than most
// bytes, people have typed one message without quotes, and it is one; otherwise each
// word is one. Words that are no hex stay as they are, for the parser to say why.
func HexWords(words []string, most int) []string {
	if len(words) < 2 {
		return words
	}
	for _, w := range words {
		if b, err := ParseHex(w); err == nil && len(b) > most || err != nil && strings.ContainsAny(w, " \n\t") {
			return words
		}
	}
	return []string{strings.Join(words, " ")}
}

// HexFrames are the frames of a text: a hex dump is one, and so is each pair of braces
// of a program; otherwise each line is one.
func HexFrames(text string) []string {
	if _, isDump := fold(text).dump(); isDump {
		return []string{text}
	}
	if strings.Contains(text, "{") {
		return strings.SplitAfter(text, "}")
	}
	return strings.Split(text, "\n")
}
