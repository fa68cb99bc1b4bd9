package workspace

import (
	"strings"
	"testing"

	"sockeye"
)

// Issue "Hostile files": a key in another case was taken for the same key, in an order
// that was another each time: one endpoint was shown, and another opened. A key is
// written letter by letter as the format has it, in every table.
func TestKeysInAnotherCase(t *testing.T) {
	const head, harmless = "sockeye = 2\n", "[[endpoint]]\nname = 'a'\nlisten = '127.0.0.1:1'\n"
	for text, want := range map[string][2]string{
		head + harmless + "[[Endpoint]]\nname = 'a'\nlisten = '0.0.0.0:1'": {`line 5, column 3: there is no key "Endpoint"`, "endpoint"},
		head + "[[Endpoint]]\nname = 'a'\nlisten = '0.0.0.0:1'":            {`line 2, column 3: there is no key "Endpoint"`, "endpoint"},
		head + harmless + "Listen = '0.0.0.0:1'":                           {`line 5, column 1: there is no key "Listen"`, "listen"},
		head + harmless + "NO-DELAY = true":                                {`line 5, column 1: there is no key "NO-DELAY"`, "no_delay"},
		head + "endpoint = [{name = 'a', listen = ':1', LISTEN = ':2'}]":   {`line 2, column 41: there is no key "LISTEN"`, "listen"},
		"Sockeye = 2":                     {": this is no workspace", "sockeye = 2"},
		head + "Sockeye = 1":              {`line 2, column 1: there is no key "Sockeye"`, "sockeye"},
		head + "[Payloads.p]\nhex = '00'": {`line 2, column 11: there is no key "Payloads"`, "payloads"},
		head + "[Payloads.p]\nhex = '0'\n[payloads]\np.text = 'x'":                               {`line 2, column 11: there is no key "Payloads"`, "payloads"},
		head + "payloads.p = {text = 'x', Text = 'y'}":                                           {`line 2: payloads.p: a payload is a text, or a table of`, `"Text"`},
		head + "[[rules.r]]\nmatch = 'any'\nreply = 'x'\nReply = 'y'":                            {`line 5, column 1: there is no key "Reply"`, "reply"},
		head + "[[rules.r]]\nmatch = 'any'\nreplies = [{text = 'x', Text = 'y'}]":                {`line 4, column 25: there is no key "Text"`, "text"},
		head + "[[lists.l.row]]\ntext = 'x'\nTEXT = 'y'":                                         {`line 4, column 1: there is no key "TEXT"`, "text"},
		"sockeye = 1\n[[lists.l]]\ntext = 'x'\nText = 'y'":                                       {`line 4, column 1: there is no key "Text"`, "text"},
		"sockeye = 1\n[[Lists.l]]\ntext = 'x'":                                                   {`line 2, column 9: there is no key "Lists"`, "lists"},
		head + "[lists.l]\nRow = [{text = 'x'}]\nrow = [{text = 'y'}]":                           {`line 3, column 1: there is no key "Row"`, "row"},
		head + harmless + "[[ENDPOINT]]\nname = 'a'\n[[EndPoint]]\nname = 'a'\n[VARIABLES]\na=1": {`line 5, column 3: there is no key "ENDPOINT"`, "endpoint"},
	} {
		for range 8 { // the order was another each time
			_, err := Parse([]byte(text))
			if err == nil {
				t.Errorf("%q was taken", text)
				break
			}
			e := sockeye.ErrorOf(sockeye.SplitErrors(err)[0])
			if said := e.Target + ": " + e.Message.En; !strings.HasPrefix(said, want[0]) || !strings.Contains(e.Hint.En+e.Message.En, want[1]) {
				t.Errorf("%q: %s; %s; want %s", text, said, e.Hint.En, want)
				break
			}
		}
	}
}

// Names that people give are theirs: those that differ only in case are different.
func TestNamesOfPeopleKeepTheirCase(t *testing.T) {
	f, err := Parse([]byte("sockeye = 2\n[payloads]\nled = 'on'\nLED = 'off'\n[variables]\na = '1'\nA = '2'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Payloads["led"].Text != "on" || f.Payloads["LED"].Text != "off" || f.Variables["a"] != "1" || f.Variables["A"] != "2" {
		t.Errorf("%+v", f)
	}
}
