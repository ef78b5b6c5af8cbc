package strict

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error reports JSON that is not what it is read into.
type Error struct {
	Path   string   // where it is, for example "model.encoders.a.kernel" or "weights[2]"; empty for the whole text
	Reason string   // got and want; empty for a name that is not known
	Known  []string // the names that there are beside one that is not known
}

// Error says what is wrong in one line.
func (e *Error) Error() string {
	switch {
	case e.Reason == "":
		return "unknown field \"" + e.Path + "\""
	case e.Path == "":
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

// Unknown reports whether the error is a name that is not known, the last part of its path.
func (e *Error) Unknown() bool { return e.Reason == "" }

// Unmarshal reads text into what into points to. Values that text does not name stay as they are. Null is taken where
// Go has a nil for it, in place of a pointer, a list, a map or an interface, and leaves that nil. Every error is an
// [*Error].
func Unmarshal(text []byte, into any) error { return unmarshal(text, into, true) }

// UnmarshalWritten is [Unmarshal] for what a person writes: it takes no null.
func UnmarshalWritten(text []byte, into any) error { return unmarshal(text, into, false) }

func unmarshal(text []byte, into any, null bool) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := whole(text); err != nil {
		return err
	}
	c := checker{dec: json.NewDecoder(bytes.NewReader(text)), null: null}
	c.dec.UseNumber()
	if err := c.next("", reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &Error{Reason: oneLine(err)} // an Unmarshaler of the value's own
	}
	return nil
}

// whole wants one JSON value and nothing else.
func whole(text []byte) error {
	if !utf8.Valid(text) {
		at := 0
		for at < len(text) {
			r, n := utf8.DecodeRune(text[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return &Error{Reason: fmt.Sprintf("line %d: not UTF-8", line(text, at))}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return &Error{Reason: io.EOF.Error() + ": it is empty"}
	}
	err := json.Unmarshal(text, new(json.RawMessage))
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		if int(broken.Offset) >= len(bytes.TrimSpace(text)) && strings.Contains(err.Error(), "unexpected end") {
			return &Error{Reason: io.ErrUnexpectedEOF.Error() + ", is it cut off?"}
		}
		return &Error{Reason: fmt.Sprintf("line %d: %v", line(text, int(broken.Offset)-1), err)}
	}
	if err != nil {
		return &Error{Reason: oneLine(err)}
	}
	return nil
}

// line is the number of the line of a byte, from 1.
func line(text []byte, at int) int {
	return 1 + bytes.Count(text[:max(0, min(at, len(text)))], []byte("\n"))
}

func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(text, "json: ")
}

// checker walks through a value beside the Go type that it is read into.
type checker struct {
	dec  *json.Decoder
	null bool
}

var reads = reflect.TypeFor[json.Unmarshaler]()

// next checks the next value. A type of nil stands for whatever is there.
func (c checker) next(path string, t reflect.Type) error {
	token, err := c.dec.Token()
	if err != nil {
		return &Error{Path: path, Reason: oneLine(err)}
	}
	nullable := t == nil
	for t != nil {
		kind := t.Kind()
		nullable = nullable || kind == reflect.Pointer || kind == reflect.Map || kind == reflect.Slice ||
			kind == reflect.Interface
		if t == reflect.TypeFor[json.RawMessage]() || kind == reflect.Interface ||
			reflect.PointerTo(t).Implements(reads) {
			t = nil
			break
		}
		if kind != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	if token == nil {
		if !nullable || !c.null {
			return &Error{Path: path, Reason: "null, want " + cmp.Or(wanted(t), "a value")}
		}
		return nil
	}
	switch token {
	case json.Delim('{'):
		return c.object(path, t)
	case json.Delim('['):
		return c.list(path, t)
	}
	if t == nil {
		return nil
	}
	return scalar(path, token, t)
}

// object checks what follows an opening brace, the closing one included.
func (c checker) object(path string, t reflect.Type) error {
	var known map[string]reflect.Type
	var names []string
	switch {
	case t == nil || t.Kind() == reflect.Map:
	case t.Kind() == reflect.Struct:
		known, names = fields(t)
	default:
		return &Error{Path: path, Reason: "an object, want " + wanted(t)}
	}
	seen := map[string]bool{}
	for c.dec.More() {
		token, err := c.dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return &Error{Path: path, Reason: "broken JSON"}
		}
		at := below(path, name)
		if seen[name] {
			return &Error{Path: at, Reason: "stands twice"}
		}
		seen[name] = true
		var of reflect.Type
		switch {
		case t == nil:
		case known == nil:
			of = t.Elem()
		default:
			if of, ok = known[name]; !ok {
				return &Error{Path: at, Known: names}
			}
		}
		if err := c.next(at, of); err != nil {
			return err
		}
	}
	return c.close(path)
}

// below is the path of a name in an object. What would break a line, or look like another path, is quoted.
func below(path, name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` || name == "" || len(name) > 100 ||
		strings.ContainsAny(name, ". []:") {
		name = quoted[:min(len(quoted), 100)]
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// list checks what follows an opening bracket, the closing one included.
func (c checker) list(path string, t reflect.Type) error {
	var of reflect.Type
	switch {
	case t == nil:
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		of = t.Elem()
	default:
		return &Error{Path: path, Reason: "a list, want " + wanted(t)}
	}
	n := 0
	for ; c.dec.More(); n++ {
		if err := c.next(path+"["+strconv.Itoa(n)+"]", of); err != nil {
			return err
		}
	}
	if t != nil && t.Kind() == reflect.Array && n != t.Len() {
		return &Error{Path: path, Reason: fmt.Sprintf("%d entries, want %d", n, t.Len())}
	}
	return c.close(path)
}

func (c checker) close(path string) error {
	if _, err := c.dec.Token(); err != nil {
		return &Error{Path: path, Reason: "broken JSON"}
	}
	return nil
}

// scalar checks a text, a number or a truth value.
func scalar(path string, token json.Token, t reflect.Type) error {
	fits := false
	switch v := token.(type) {
	case string:
		fits = t.Kind() == reflect.String
	case bool:
		fits = t.Kind() == reflect.Bool
	case json.Number:
		switch {
		case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
			_, err := strconv.ParseInt(v.String(), 10, t.Bits())
			fits = err == nil
		case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
			_, err := strconv.ParseUint(v.String(), 10, t.Bits())
			fits = err == nil
		case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
			_, err := strconv.ParseFloat(v.String(), t.Bits())
			fits = err == nil
		}
	}
	if fits {
		return nil
	}
	if s, ok := token.(string); ok {
		token = strconv.Quote(s[:min(len(s), 60)])
	}
	return &Error{Path: path, Reason: fmt.Sprintf("%v, want %s", token, wanted(t))}
}

// wanted says what a type is read from.
func wanted(t reflect.Type) string {
	if t == nil {
		return ""
	}
	switch kind := t.Kind(); {
	case kind == reflect.Struct || kind == reflect.Map:
		return "an object"
	case kind == reflect.Slice || kind == reflect.Array:
		return "a list"
	case kind == reflect.String:
		return "a text"
	case kind == reflect.Bool:
		return "true or false"
	case kind == reflect.Float32 || kind == reflect.Float64:
		return "a number"
	case kind >= reflect.Int && kind <= reflect.Uint64:
		return "a whole number"
	}
	return "a value"
}

// fields are the names that a struct has in JSON, those of embedded structs among them, and in their order.
func fields(t reflect.Type) (map[string]reflect.Type, []string) {
	known, names := map[string]reflect.Type{}, []string(nil)
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || f.Anonymous && tag == "" {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		known[tag], names = f.Type, append(names, tag)
	}
	return known, names
}
