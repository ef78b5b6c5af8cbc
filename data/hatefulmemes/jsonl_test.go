package hatefulmemes

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/datatest"
)

func TestDecodeList(t *testing.T) {
	for _, tt := range []struct {
		name, list string
		want       []meme
		reason     string
	}{
		{
			"owners'", `{"id":40001,"img":"img\/40001.png","label":0,"text":"look at this"}` + "\n",
			[]meme{{1, "40001", "img/40001.png", 0, "look at this"}}, "their form",
		},
		{
			"no label", `{"id":40002,"img":"img/40002.png","text":"not again"}`,
			[]meme{{1, "40002", "img/40002.png", unlabelled, "not again"}}, "their test list of the first phase",
		},
		{
			"null", `{"id":1,"img":"1.png","label":null,"text":"a"}`, []meme{{1, "1", "1.png", unlabelled, "a"}},
			"a label that is not there",
		},
		{
			"null in capitals", `{"id":1,"img":"1.png","label":"None","text":"a"}`,
			[]meme{{1, "1", "1.png", unlabelled, "a"}}, "Python's",
		},
		{
			"minus one", `{"id":1,"img":"1.png","label":-1,"text":"a"}`, []meme{{1, "1", "1.png", unlabelled, "a"}},
			"as test lists of challenges have it",
		},
		{
			"minus one as a text", `{"id":1,"img":"1.png","label":"-1","text":"a"}`,
			[]meme{{1, "1", "1.png", unlabelled, "a"}}, "likewise",
		},
		{
			"empty", `{"id":1,"img":"1.png","label":"","text":"a"}`, []meme{{1, "1", "1.png", unlabelled, "a"}},
			"from a table with gaps",
		},
		{
			"float", `{"id":1,"img":"1.png","label":1.0,"text":"a"}`, []meme{{1, "1", "1.png", 1, "a"}},
			"pandas, of a column with gaps",
		},
		{
			"float of zero", `{"id":1,"img":"1.png","label":0.0,"text":"a"}`, []meme{{1, "1", "1.png", 0, "a"}},
			"likewise",
		},
		{"text", `{"id":1,"img":"1.png","label":"1","text":"a"}`, []meme{{1, "1", "1.png", 1, "a"}}, "quoted"},
		{
			"truth", `{"id":1,"img":"1.png","label":true,"text":"a"}`, []meme{{1, "1", "1.png", 1, "a"}},
			"hateful or not",
		},
		{
			"float id", `{"id":1235.0,"img":"1.png","label":1,"text":"a"}`, []meme{{1, "1235", "1.png", 1, "a"}},
			"pandas again",
		},
		{
			"zeros", `{"id":"01235","img":"img/01235.png","label":1,"text":"a"}`,
			[]meme{{1, "1235", "img/01235.png", 1, "a"}}, "some lists have numbers as strings",
		},
		{
			"zero", `{"id":"000","img":"0.png","label":1,"text":"a"}`, []meme{{1, "0", "0.png", 1, "a"}},
			"one digit is left",
		},
		{
			"others", `{"split":{"a":[1,{"b":null}]},"text":"a","label":1,"img":"./img//x.png","id":7,"ID":8}`,
			[]meme{{1, "7", "img/x.png", 1, "a"}}, "other fields and any order",
		},
		{
			"escapes", `{"id":7,"img":"i\u006dg/x.png","label":1,"text":"a\n\"b\" \u00e9 \ud83d\ude00"}`,
			[]meme{{1, "7", "img/x.png", 1, "a\n\"b\" é 😀"}}, "as JSON has it",
		},
		{
			"blank lines", "\ufeff\r\n" + `{"id":7,"img":"x.png","label":1,"text":"a"}` + "\r\n \n\n",
			[]meme{{2, "7", "x.png", 1, "a"}}, "byte order mark, and lines of nothing",
		},
		{"nothing", "\n\n", nil, "no memes"},
	} {
		got, faults := decodeList("x", []byte(tt.list))
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(meme{})); diff != "" || len(faults) > 0 {
			t.Errorf("%s: %v (-want +got)\n%s\nreason: %s", tt.name, faults, diff, tt.reason)
		}
	}
}

func TestDecodeListFaults(t *testing.T) {
	const good = `{"id":1,"img":"img/1.png","label":1,"text":"a"}`
	for _, tt := range []struct{ name, row, want, reason string }{
		{"no id", `{"img":"img/2.png","label":1,"text":"a"}`, "no field id", "which meme"},
		{"no picture", `{"id":2,"label":1,"text":"a"}`, "no field img", "half of the sample"},
		{"no sentence", `{"id":2,"img":"img/2.png","label":1}`, "no field text", "the other half"},
		{
			"capitals", `{"id":2,"img":"img/2.png","label":1,"Text":"a"}`, "no field text",
			"names are as they are written",
		},
		{"empty sentence", `{"id":2,"img":"img/2.png","label":1,"text":" \n"}`, "text is empty", "nothing to read"},
		{"sentence", `{"id":2,"img":"img/2.png","label":1,"text":["a"]}`, `text ["a"], want a string`, "no sentence"},
		{"label 2", `{"id":2,"img":"img/2.png","label":2,"text":"a"}`, "label 2, want 0 or 1", "no class of the set"},
		{
			"label half", `{"id":2,"img":"img/2.png","label":0.5,"text":"a"}`, "label 0.5, want 0 or 1",
			"a share of raters",
		},
		{
			"label word", `{"id":2,"img":"img/2.png","label":"hateful","text":"a"}`, `label "hateful", want 0 or 1`,
			"another set",
		},
		{
			"label minus two", `{"id":2,"img":"img/2.png","label":-2,"text":"a"}`, "label -2, want 0 or 1",
			"says nothing",
		},
		{"label list", `{"id":2,"img":"img/2.png","label":[1],"text":"a"}`, "label [1], want 0 or 1", "no label"},
		{
			"id fraction", `{"id":2.5,"img":"img/2.png","label":1,"text":"a"}`, "id 2.5, want a number",
			"no number of a meme",
		},
		{"id word", `{"id":"two","img":"img/2.png","label":1,"text":"a"}`, `id "two", want a number`, "another set"},
		{
			"id below zero", `{"id":-2,"img":"img/2.png","label":1,"text":"a"}`, `id -2, want a number`,
			"no number of a meme",
		},
		{"id null", `{"id":null,"img":"img/2.png","label":1,"text":"a"}`, `id null, want a number`, "no number"},
		{"id empty", `{"id":"","img":"img/2.png","label":1,"text":"a"}`, `id "", want a number`, "no number"},
		{"twice", good, "id 1, which line 1 has", "a sample stands once"},
		{"twice as a string", strings.Replace(good, ":1,", `:"001",`, 1), "id 1, which line 1 has", "the same number"},
		{
			"leaves", `{"id":2,"img":"../2.png","label":1,"text":"a"}`,
			`img "../2.png", want a file below the list's folder`, "nothing outside is read",
		},
		{
			"leaves later", `{"id":2,"img":"img/../../2.png","label":1,"text":"a"}`, `img "img/../../2.png", want`,
			"nothing outside is read",
		},
		{
			"absolute", `{"id":2,"img":"/etc/passwd","label":1,"text":"a"}`, `img "/etc/passwd", want`,
			"nothing outside is read",
		},
		{
			"other separator", `{"id":2,"img":"..\\2.png","label":1,"text":"a"}`, `img "..\\2.png", want`,
			"nothing outside is read, on no system",
		},
		{"drive", `{"id":2,"img":"C:2.png","label":1,"text":"a"}`, `img "C:2.png", want`, "likewise"},
		{"nul", `{"id":2,"img":"a\u0000.png","label":1,"text":"a"}`, `img "a\x00.png", want`, "no name of a file"},
		{"empty picture", `{"id":2,"img":"","label":1,"text":"a"}`, `img "", want`, "no name of a file"},
		{"folder", `{"id":2,"img":"img/..","label":1,"text":"a"}`, `img "img/..", want`, "no name of a file"},
		{"picture", `{"id":2,"img":2,"label":1,"text":"a"}`, "img 2, want a string", "no name of a file"},
		{
			"field twice", `{"id":2,"img":"img/2.png","label":1,"text":"a","label":0}`, `field "label" stands twice`,
			"which one is meant",
		},
		{"cut off", `{"id":2,"img":"img/2.png","lab`, "", "a download that broke off"},
		{"cut behind a field", `{"id":2,"img":"img/2.png"`, "broken JSON, is the line cut off?", "likewise"},
		{"value", `{"id":2,"img":}`, `field "img": broken JSON`, "damaged"},
		{"array", `[1]`, "no JSON object", "another file"},
		{"number", `1`, "no JSON object", "another file"},
		{"text", `id,img,label,text`, "no JSON object", "CSV"},
		{"two", good + good, "more than a JSON object", "a line feed is missing"},
		{"Latin-1", "{\"id\":2,\"img\":\"img/2.png\",\"label\":1,\"text\":\"\xe9\"}", "not UTF-8", "damaged"},
		{
			"long", `{"id":2,"img":"img/2.png","label":1,"text":"` + strings.Repeat("a", 1<<16) + `"}`,
			"65582 bytes, want at most 65536", "memory is bounded",
		},
		{"deep", `{"x":` + strings.Repeat("[", 20000), `field "x": broken JSON`, "so is the stack"},
	} {
		list, faults := decodeList("train.jsonl", []byte(good+"\n"+tt.row+"\n"))
		if len(list) != 1 || len(faults) != 1 || !strings.HasPrefix(
			faults[0].Error(), "train.jsonl: line 2: "+tt.want,
		) || strings.Contains(faults[0].Error(), "\n") {
			t.Errorf(
				"%s: %d memes, %v, want the first and %q\nreason: %s", tt.name, len(list), faults, tt.want, tt.reason,
			)
		}
	}
}

func TestReadList(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "train.jsonl")
	datatest.Put(t, empty, []byte("\n"))
	if _, _, err := readList(empty); err == nil || !strings.HasSuffix(
		err.Error(), "train.jsonl: no lines, want a meme each",
	) {
		t.Errorf("a list of nothing: %v", err)
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add(
		[]byte(
			`{"id":40001,"img":"img\/40001.png","label":0,"text":"look at this"}` + "\n" +
				`{"id":"2","img":"a","text":"b"}`,
		),
	)
	f.Add([]byte("\ufeff{}\n[]\n{\"id\":1,\"img\":\"../x\",\"label\":1,\"text\":\"a\"}"))
	f.Add([]byte(`{"id":1,"img":"x","label":1,"text":"\ud800"}`))
	f.Add([]byte(`{"id":1,"id":1}{`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, faults := decodeList("x", b)
		lines := strings.Count(string(b), "\n") + 1
		if len(list)+len(faults) > lines {
			t.Fatalf("%d memes and %d faults in %d lines", len(list), len(faults), lines)
		}
		seen := map[string]bool{}
		for _, m := range list {
			if seen[m.id] || m.id == "" || m.label < unlabelled || m.label > 1 || m.line < 1 || m.line > lines ||
				strings.TrimSpace(m.text) == "" {
				t.Fatalf("%+v", m)
			}
			if !filepath.IsLocal(filepath.FromSlash(m.image)) || path.Clean(m.image) != m.image || m.image == "." {
				t.Fatalf("image %q", m.image)
			}
			seen[m.id] = true
		}
		for _, err := range faults {
			if !strings.HasPrefix(err.Error(), "x: line ") || strings.Contains(err.Error(), "\n") {
				t.Fatalf("fault %q", err)
			}
		}
	})
}
