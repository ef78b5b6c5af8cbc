package policy

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// opens is how a loader's Open begins.
var opens = regexp.MustCompile(`(?m)^func Open\((dir|_) string, settings map\[string\]any\) \(data\.Dataset, error\)`)

// tells are calls by which a loader shows that it takes a kind of files.
var tells = map[datatest.Kind]*regexp.Regexp{
	datatest.Table:     regexp.MustCompile(`\bdata\.(DecodeCSV|ReadCSV|DecodeText)\(|\.jsonl"`),
	datatest.Text:      regexp.MustCompile(`\bdata\.ReadText\(|\btext\.Open\(`),
	datatest.Picture:   regexp.MustCompile(`\bvideo\.ReadFrame\(|\.DecodePicture\(`),
	datatest.Recording: regexp.MustCompile(`\bvideo\.Recording\(`),
	datatest.Video:     regexp.MustCompile(`\bvideo\.(Frames|Sound)\(|\bvideo\.Decoder\{`),
	datatest.Array:     regexp.MustCompile(`\bnpy\.Decode\(`),
	datatest.Archive:   regexp.MustCompile(`\b(zip|gzip)\.(NewReader|OpenReader)\(|\bnpy\.DecodeZip\(|\bmat\.Decode\(`),
}

// table is a call that walks the table of odd files.
var table = regexp.MustCompile(`\.Table\(\s*t,\s+Name,\s`)

// TestLoaders compares what each loader's code calls with the kinds of files that it is said to take, and wants its
// test to walk the table of odd files: so no loader lacks what another has.
func TestLoaders(t *testing.T) {
	code, tables := map[string]string{}, map[string]bool{}
	for _, name := range treeFiles(t) {
		dir := path.Dir(name)
		if path.Dir(dir) != "data" || path.Ext(name) != ".go" {
			continue
		}
		text := string(read(t, name))
		if !strings.HasSuffix(name, "_test.go") {
			code[path.Base(dir)] += text
		} else if table.MatchString(text) {
			tables[path.Base(dir)] = true
		}
	}
	found := 0
	for set, text := range code {
		takes, known := datatest.Takes[set]
		if !opens.MatchString(text) {
			if known {
				t.Errorf("datatest.Takes has %s, which is no loader", set)
			}
			continue
		}
		found++
		if !known {
			t.Errorf("data/%s is a loader that datatest.Takes does not have", set)
		}
		for kind, call := range tells {
			if calls := call.MatchString(text); calls != slices.Contains(takes, kind) {
				t.Errorf(
					"data/%s: takes files of kind %s by its code: %v, by datatest.Takes: %v", set, kind, calls, !calls,
				)
			}
		}
		if len(takes) > 0 && !tables[set] {
			t.Errorf(
				"data/%s: no test walks the table of odd files, want one that calls datatest.Loader.Table(t, "+
					"Name, ...)",
				set,
			)
		}
	}
	if found != len(datatest.Takes) {
		t.Errorf("%d loaders below data, datatest.Takes has %d", found, len(datatest.Takes))
	}
}
