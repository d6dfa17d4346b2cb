// Package web writes reports and the worklist as HTML pages that need nothing beside them: no network,
// no script for reading, styles and pictures inside.
package web

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed style.css
var style string

// builder writes HTML. Every text and attribute goes through escape; the first error stays.
type builder struct {
	w   io.Writer
	err error
}

func (b *builder) raw(s string) {
	if b.err == nil {
		_, b.err = io.WriteString(b.w, s)
	}
}

// escape makes text harmless in element content and in quoted attributes. Characters that HTML forbids are dropped.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return html.EscapeString(s)
}

// open starts an element; attributes are name and value in turn.
func (b *builder) open(name string, attrs ...string) {
	var s strings.Builder
	s.WriteString("<" + name)
	for n := 0; n+1 < len(attrs); n += 2 {
		fmt.Fprintf(&s, ` %s="%s"`, attrs[n], escape(attrs[n+1]))
	}
	s.WriteString(">")
	b.raw(s.String())
}

func (b *builder) end(name string) { b.raw("</" + name + ">") }

// tag is a whole element with text.
func (b *builder) tag(name, text string, attrs ...string) {
	b.open(name, attrs...)
	b.raw(escape(text))
	b.end(name)
}

// head opens a page of a class. csp adds to a policy that forbids every request.
func (b *builder) head(title, csp, class string) {
	b.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
	b.open("meta", "http-equiv", "Content-Security-Policy", "content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"+csp)
	b.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
	b.open("meta", "name", "color-scheme", "content", "light dark")
	b.tag("title", title)
	b.raw("<style>" + style + "</style></head>\n")
	b.open("body", "class", class)
}

func (b *builder) foot(disclaimer, version string) error {
	b.open("footer")
	b.tag("p", disclaimer)
	if version != "" {
		b.tag("p", "caliper "+version)
	}
	b.end("footer")
	b.raw("</body></html>\n")
	if b.err != nil {
		return fmt.Errorf("report: html: %w", b.err)
	}
	return nil
}
