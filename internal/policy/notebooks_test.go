package policy

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"testing"
)

// notebook is what these tests read of a notebook file, format 4.
type notebook struct {
	Format   int    `json:"nbformat"`
	Minor    int    `json:"nbformat_minor"`
	Cells    []cell `json:"cells"`
	Metadata struct {
		Kernel struct {
			Name     string `json:"name"`
			Language string `json:"language"`
		} `json:"kernelspec"`
	} `json:"metadata"`
}

type cell struct {
	Type    string          `json:"cell_type"`
	ID      string          `json:"id"`
	Source  multiline       `json:"source"`
	Outputs []notebookValue `json:"outputs"`
}

type notebookValue struct {
	Type string                     `json:"output_type"`
	Name string                     `json:"ename"`
	Data map[string]json.RawMessage `json:"data"`
}

// multiline is a text that a notebook keeps as one string or as a list of lines.
type multiline string

func (m *multiline) UnmarshalJSON(b []byte) error {
	var lines []string
	if err := json.Unmarshal(b, &lines); err == nil {
		*m = multiline(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(b, (*string)(m))
}

var numbered = regexp.MustCompile(`^\d\d_[a-z0-9_]+\.ipynb$`)

// notebooks reads every notebook of the tree and skips when there is none yet.
func notebooks(t *testing.T) map[string]notebook {
	t.Helper()
	found := make(map[string]notebook)
	for _, name := range treeFiles(t) {
		if !strings.HasSuffix(name, ".ipynb") {
			continue
		}
		var n notebook
		if err := json.Unmarshal(read(t, name), &n); err != nil {
			t.Errorf("%s: not a notebook: %v", name, err)
			continue
		}
		found[name] = n
	}
	if len(found) == 0 {
		t.Skip("the tree has no notebook")
	}
	return found
}

func TestNotebooksAreClean(t *testing.T) {
	for name, n := range notebooks(t) {
		if path.Dir(name) != "notebooks" || !numbered.MatchString(path.Base(name)) {
			t.Errorf("%s: want notebooks/NN_name.ipynb, numbered in reading order", name)
		}
		if n.Format != 4 || n.Minor < 5 {
			t.Errorf("%s: format %d.%d, want 4.5 or newer, which gives cells their names", name, n.Format, n.Minor)
		}
		if n.Metadata.Kernel.Name != "gonb" || n.Metadata.Kernel.Language != "go" {
			t.Errorf("%s: kernel %q for %q, want gonb for go", name, n.Metadata.Kernel.Name, n.Metadata.Kernel.Language)
		}
		ids := make(map[string]bool)
		for i, c := range n.Cells {
			if c.ID == "" || ids[c.ID] {
				t.Errorf("%s: cell %d has the name %q, want one of its own", name, i, c.ID)
			}
			ids[c.ID] = true
			if c.Type == "code" && strings.TrimSpace(string(c.Source)) == "" {
				t.Errorf("%s: cell %d is empty", name, i)
			}
			for _, o := range c.Outputs {
				checkOutput(t, name, i, o)
			}
		}
	}
}

// checkOutput holds an output to what is shown everywhere: in an untrusted notebook, offline, and on a code host.
func checkOutput(t *testing.T, name string, index int, o notebookValue) {
	t.Helper()
	if o.Type == "error" {
		t.Errorf("%s: cell %d keeps the error %s: run the notebook again before it is committed", name, index, o.Name)
	}
	_, png := o.Data["image/png"]
	if _, spec := o.Data["application/vnd.vegalite.v5+json"]; spec && !png {
		t.Errorf(
			"%s: cell %d shows a Vega-Lite figure without its PNG, which is all that a code host displays", name, index,
		)
	}
	if _, svg := o.Data["image/svg+xml"]; svg {
		t.Errorf("%s: cell %d shows SVG, which JupyterLab hides in an untrusted notebook", name, index)
	}
	if strings.Contains(string(o.Data["text/html"]), "<script") {
		t.Errorf("%s: cell %d shows HTML with a script, which JupyterLab drops in an untrusted notebook", name, index)
	}
}

func TestNotebooksReadLikeOne(t *testing.T) {
	const (
		maxCode   = 8  // lines of a cell, imports and blank lines not counted: a cell is one thought
		maxMethod = 15 // of one that defines a method
	)
	for name, n := range notebooks(t) {
		prose := 0
		for i, c := range n.Cells {
			if c.Type == "markdown" {
				prose++
				continue
			}
			lines := 0
			for line := range strings.SplitSeq(string(c.Source), "\n") {
				if line = strings.TrimSpace(line); line != "" && line != "%%" && !strings.HasPrefix(line, "import ") {
					lines++
				}
			}
			most := maxCode
			if strings.Contains(string(c.Source), "method.Register(") {
				most = maxMethod
			}
			if lines > most {
				t.Errorf("%s: cell %d has %d lines of code, want at most %d", name, i, lines, most)
			}
		}
		if prose == 0 {
			t.Errorf("%s has no text", name)
		}
	}
}
