package strict_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/strict"
)

// inner is embedded, so that its names count as the outer's.
type inner struct {
	Deep string `json:"deep"`
}

type sample struct {
	inner
	Name  string                     `json:"name"`
	N     int                        `json:"n"`
	Size  uint8                      `json:"size"`
	X     float64                    `json:"x"`
	On    bool                       `json:"on"`
	Maybe *int                       `json:"maybe,omitempty"`
	List  []float64                  `json:"list"`
	Pair  [2]int                     `json:"pair"`
	By    map[string]inner           `json:"by"`
	Raw   json.RawMessage            `json:"raw"`
	Raws  map[string]json.RawMessage `json:"raws"`
	Any   any                        `json:"any"`
	When  time.Time                  `json:"when"`
	Own   string                     `json:"-"`
}

func TestUnmarshal(t *testing.T) {
	three := 3
	for _, tt := range []struct {
		name, text string
		want       sample
		reason     string
	}{
		{"empty", `{}`, sample{Name: "given"}, "what is not named stays"},
		{"all kinds",
			`{"deep":"d","name":"","n":-2,"size":255,"x":1e3,"on":true,"maybe":3,"list":[1,2.5],"pair":[1,2],"by":{"a":{"deep":"e"}},"when":"2026-01-02T03:04:05Z"}`,
			sample{
				inner: inner{"d"}, N: -2, Size: 255, X: 1000, On: true, Maybe: &three, List: []float64{1, 2.5},
				Pair: [2]int{1, 2},
				By:   map[string]inner{"a": {"e"}}, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			}, "every kind of value"},
		{"null", `{"maybe":null,"list":null,"by":null,"any":null}`, sample{Name: "given"}, "Go writes nil so"},
		{"byte order mark", "\ufeff{\"n\":1}\r\n", sample{Name: "given", N: 1}, "as some editors save"},
		{
			"any", `{"any":{"a":[1,{"b":null}]}}`,
			sample{Name: "given", Any: map[string]any{"a": []any{1.0, map[string]any{"b": nil}}}},
			"what is free is free",
		},
	} {
		got := sample{Name: "given"}
		if err := strict.Unmarshal([]byte(tt.text), &got); err != nil {
			t.Errorf("%s: %v\nreason: %s", tt.name, err, tt.reason)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(sample{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want, reason string }{
		{"unknown", `{"nam":"a"}`, `unknown field "nam"`, "a letter lost"},
		{"unknown below", `{"by":{"a":{"dep":"e"}}}`, `unknown field "by.a.dep"`, "at every level, with its path"},
		{"capitals", `{"Name":"a"}`, `unknown field "Name"`, "encoding/json would take it"},
		{"hidden", `{"Own":"a"}`, `unknown field "Own"`, "no field of the JSON"},
		{"twice", `{"n":1,"x":2,"n":3}`, "n: stands twice", "encoding/json takes the last"},
		{"twice in what is free", `{"any":{"a":[{"b":1,"b":2}]}}`, "any.a[0].b: stands twice", "which one is meant"},
		{"twice in a map", `{"raws":{"a":1,"a":2}}`, "raws.a: stands twice", "likewise"},
		{"twice by escape", `{"n":1,"\u006e":2}`, "n: stands twice", "the same name in another spelling"},
		{"null number", `{"n":null}`, "n: null, want a whole number", "encoding/json leaves the default"},
		{"null text", `{"name":null}`, "name: null, want a text", "likewise"},
		{"null in a list", `{"list":[1,null]}`, "list[1]: null, want a number", "NaN as some write it"},
		{"null for all", `null`, "null, want an object", "nothing at all"},
		{"text for number", `{"x":"1"}`, `x: "1", want a number`, "quoted"},
		{"number for text", `{"name":1}`, "name: 1, want a text", "not quoted"},
		{"fraction", `{"n":1.5}`, "n: 1.5, want a whole number", "no half of it"},
		{"too large", `{"size":256}`, "size: 256, want a whole number", "a byte"},
		{"beyond doubles", `{"x":1e999}`, "x: 1e999, want a number", "infinite"},
		{"list for object", `{"by":[]}`, "by: a list, want an object", "empty maps of some languages"},
		{"object for list", `{"list":{}}`, "list: an object, want a list", "likewise"},
		{"list of three", `{"pair":[1,2,3]}`, "pair: 3 entries, want 2", "encoding/json drops the third"},
		{"list of one", `{"pair":[1]}`, "pair: 1 entries, want 2", "encoding/json fills it up"},
		{"number for truth", `{"on":1}`, "on: 1, want true or false", "C's way"},
		{"time", `{"when":"today"}`, "cannot parse", "a value that reads itself"},
		{"line feed in a name", `{"raws":{"a\nb":1,"a\nb":2}}`, `raws."a\nb": stands twice`, "an error is one line"},
		{"two values", `{}{}`, "line 1: invalid character '{' after top-level value", "which one is meant"},
		{"cut off", `{"n":`, "unexpected EOF, is it cut off?", "half a file"},
		{"nothing", ` `, "EOF: it is empty", "an empty file"},
		{"comment", "{\n  // none\n}", "line 2: invalid character '/'", "JSON has none"},
		{"comma", "{\"n\":1,\n}", "line 2: invalid character '}'", "one too many"},
		{"NaN", `{"x":NaN}`, "line 1: invalid character 'N'", "Python writes it"},
		{"Latin-1", "{\n\"name\":\"\xe9\"}", "line 2: not UTF-8", "encoding/json takes another letter for it"},
		{"deep", strings.Repeat("[", 1<<20), "exceeded max depth", "the stack is bounded"},
	} {
		got := sample{}
		err := strict.Unmarshal([]byte(tt.text), &got)
		var e *strict.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

func TestUnmarshalWritten(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"maybe":null}`, "maybe: null, want a whole number"},
		{`{"by":null}`, "by: null, want an object"},
		{`{"any":{"a":null}}`, "any.a: null, want a value"},
		{`{"raws":{"a":null}}`, "raws.a: null, want a value"},
	} {
		got := sample{}
		if err := strict.UnmarshalWritten([]byte(tt.text), &got); err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %q", tt.text, err, tt.want)
		}
	}
}

// TestKnown: an unknown name comes with those that there are, embedded ones among them.
func TestKnown(t *testing.T) {
	var e *strict.Error
	if err := strict.Unmarshal([]byte(`{"a":1}`), &sample{}); !errors.As(err, &e) || !e.Unknown() ||
		!slices.Contains(e.Known, "deep") || !slices.Contains(e.Known, "raws") || slices.Contains(e.Known, "-") {
		t.Errorf("error %v knows %v, want the names of all fields", err, e.Known)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{
		`{"n":1,"by":{"a":{"deep":"x"}},"list":[1,2]}`, `{"raws":{"a":null}}`, `{"n":1,"n":2}`, `{"pair":[1,2]}`,
		`{"N":1}`, "\ufeff[]", `{"when":"x"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got sample
		err := strict.Unmarshal(text, &got)
		if err != nil {
			var e *strict.Error
			if !errors.As(err, &e) || err.Error() == "" {
				t.Fatalf("error %q", err)
			}
			return
		}
		d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
		d.DisallowUnknownFields()
		var want sample
		if err := d.Decode(&want); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
			t.Fatalf("another value (-encoding/json +strict)\n%s", diff)
		}
	})
}
