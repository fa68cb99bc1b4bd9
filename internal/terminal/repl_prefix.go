package terminal

import (
	"strings"

	"sockeye/internal/payload"
)

// setPrefix carries out /prefix.
func (c *repl) setPrefix(text string) error {
	o := c.write
	o.Prefix = aroundOf(text, o.Prefix)
	return c.setAround(o)
}

// setSuffix carries out /suffix.
func (c *repl) setSuffix(text string) error {
	o := c.write
	o.Suffix = aroundOf(text, o.Suffix)
	return c.setAround(o)
}

// aroundOf applies the argument of /prefix or /suffix to the current one.
func aroundOf(text, now string) string {
	switch text {
	case "":
		return now
	case "off":
		return ""
	}
	return text
}

// setAround sets the prefix and suffix of what is sent from now on, and shows an example message.
func (c *repl) setAround(o payload.ParseOptions) error {
	if err := checkAround(o); err != nil {
		return err
	}
	c.write = o
	asTyped := func(s string) string { return strings.ReplaceAll(payload.SafeString(s), `\\`, `\`) }
	around := asTyped(o.Prefix) + c.term.T("[message]", "[数据]")
	if o.Trailer.Algorithm != nil {
		around += c.term.T("[checksum]", "[校验]")
	}
	c.run.console.print(around + asTyped(o.Suffix))
	return nil
}
