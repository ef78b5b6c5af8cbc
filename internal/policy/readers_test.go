package policy

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"testing"
)

// readers are what one package alone may call, so that no loader reads a format otherwise than the next.
var readers = []struct {
	call   *regexp.Regexp
	where  string // names of files begin so; empty for all
	tests  bool   // tests must not call it either
	home   string // the package that may
	reason string
}{
	{
		call: regexp.MustCompile(`\bimage\.(Decode|DecodeConfig)\(`), tests: true,
		reason: "image.Decode takes whichever decoder registered itself first, by the imports of the whole program: jpegn does, and fills up " +
			"half a JPEG with green; call data/video's DecodePicture, or a decoder by its name",
	},
	{
		call: regexp.MustCompile(`\b(png|jpeg|gif|jpegn|webp|bmp|tiff)\.(Decode|DecodeConfig|DecodeAll)\b`), where: "data/", home: "data/video",
		reason: "there is one reader of pictures, data/video's DecodePicture, with one rule for damage, transparency and orientation",
	},
	{
		call: regexp.MustCompile(`\b(csv\.NewReader|bufio\.NewScanner)\(`), where: "data/", home: "data",
		reason: "text is opened by data.DecodeText, tables by data.DecodeCSV: so every loader reads the same encodings, and names the others",
	},
}

func TestReaders(t *testing.T) {
	for _, name := range treeFiles(t) {
		if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".ipynb") {
			continue
		}
		b := read(t, name)
		for _, r := range readers {
			if !strings.HasPrefix(name, r.where) || r.home == path.Dir(name) || !r.tests && strings.HasSuffix(name, "_test.go") {
				continue
			}
			if at := r.call.FindIndex(b); at != nil {
				t.Errorf("%s:%d: %s\nreason against it: %s", name, 1+bytes.Count(b[:at[0]], []byte("\n")), b[at[0]:at[1]], r.reason)
			}
		}
	}
}

// TestReadersMatch makes sure that the rules can fail.
func TestReadersMatch(t *testing.T) {
	for _, tt := range []struct {
		place  int
		code   string
		want   bool
		reason string
	}{
		{0, "img, _, err := image.Decode" + "(r)", true, "the call"},
		{0, "func image.Decoder(r)", false, "a longer name"},
		{0, "c := viz.image.DecodeConfig" + "(r)", true, "the call"},
		{1, "png.Decode(r)", true, "by name"},
		{1, "f = gif.DecodeAll", true, "as a value"},
		{1, "png.Encode(w, m)", false, "writes"},
		{2, "rows := csv.NewReader(f)", true, "the call"},
		{2, "rows := csv.NewWriter(f)", false, "writes"},
	} {
		if got := readers[tt.place].call.MatchString(tt.code); got != tt.want {
			t.Errorf("%q: %v, want %v\nreason: %s", tt.code, got, tt.want, tt.reason)
		}
	}
}
