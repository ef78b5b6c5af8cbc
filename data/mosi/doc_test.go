package mosi

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// pickles makes the two kinds of pickles that there are, of the same sentiments; the newer has what is no number
// beside.
const pickles = `
import numpy, pickle, sys
rng = numpy.random.Generator(numpy.random.PCG64(1))
sets = {}
for part, n in (("train", 5), ("valid", 3), ("test", 3)):
    scores = numpy.linspace(-3, 3, n)
    sets[part] = {"text": rng.normal(size=(n, 4, 3)), "audio": rng.normal(size=(n, 4, 2)), "vision": rng.normal(size=(n, 4, 2))}
    sets[part]["audio"][0, 1, 1] = -numpy.inf
    if sys.argv[1] == "older":
        sets[part] |= {"labels": scores[:, None, None], "id": numpy.array([[b"v", b"0", b"1"]] * n)}
    else:
        sets[part] |= {"regression_labels": scores, "classification_labels": 1 + numpy.sign(scores), "annotations": ["Neutral"] * n,
                       "id": ["v$_$%d" % i for i in range(n)], "raw_text": numpy.array(["said"] * n, dtype=object)}
pickle.dump(sets, open("mosi_data.pkl", "wb"))
`

// recipe are the lines of Python in the package's documentation.
func recipe(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b), "//\timport numpy, pickle\n")
	lines, _, ok := strings.Cut(after, "//\n")
	if !ok || strings.Count(lines, "\n") != 4 {
		t.Fatalf("doc.go has %q, want five lines of Python", lines)
	}
	return "import numpy, pickle\n" + strings.ReplaceAll(lines, "//\t", "")
}

// TestRecipe runs the documented lines on both kinds of pickles.
func TestRecipe(t *testing.T) {
	python := ""
	for _, name := range []string{filepath.FromSlash("../../.venv/bin/python"), "python3"} {
		if path, err := filepath.Abs(name); err == nil && name != "python3" {
			name = path
		}
		if exec.CommandContext(t.Context(), name, "-c", "import numpy").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("needs Python with NumPy: make lab sets one up")
	}
	var batches []*data.Batch
	for _, age := range []string{"older", "newer"} {
		root := t.TempDir()
		dir := filepath.Join(root, Folder)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"-c", pickles, age}, {"-c", recipe(t)}} {
			cmd := exec.CommandContext(t.Context(), python, args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", age, err, out)
			}
		}
		batches = append(
			batches,
			datatest.ReadAll(t, datatest.Open(t, Open, root, map[string]any{"features": alignedFeatures}), data.Train),
		)
	}
	if diff := cmp.Diff(batches[0], batches[1]); diff != "" || len(batches[0].Labels) != 5 {
		t.Errorf("the newer pickle gives other samples (-older +newer)\n%s", diff)
	}
}
