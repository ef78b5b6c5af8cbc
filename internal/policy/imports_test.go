package policy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/primewindow/primewindow"

// arrows says which packages of the module a package's code, not its tests, may import directly. A name that ends in
// /* stands for the packages one level below. What has no line here may import nothing of the module.
var arrows = map[string][]string{
	"data": {},
	"data/*": {
		"data", "data/audio", "data/cache", "data/stream", "data/text", "data/video", "internal/mat", "internal/npy",
		"internal/whole",
	},
	"data/catalog":      {"data", "data/*", "internal/registry", "internal/wire"},
	"models":            {"data", "internal/kernels", "internal/registry", "internal/seal", "internal/strict"},
	"inforeg":           {"data", "internal/kernels", "models"},
	"inforeg/method":    {"data", "models", "inforeg"},
	"internal/wire":     {"data", "internal/seal", "internal/strict", "internal/whole"},
	"internal/policy":   {},
	"internal/datatest": {"data"},                                          // tests alone import it
	"internal/xlatest":  {"internal/xla", "models"},                        // tests alone import it
	"internal/hosttest": {"data", "data/synth", "internal/wire", "models"}, // tests alone import it
	"internal/mat":      {"data"},
	"internal/npy":      {"data"},
	"internal/claims":   {"internal/whole"},
	"internal/holm":     {"internal/wire"},
	"internal/kernels":  {},
	"internal/programs": {"data/cache", "internal/whole"},
	"internal/registry": {},
	"internal/report":   {"internal/holm", "internal/shared", "internal/tune", "internal/wire"},
	"internal/seal":     {},
	"internal/shared":   {"internal/claims", "internal/whole", "internal/wire"},
	"internal/stats":    {"internal/wire"},
	"internal/strict":   {},
	"internal/timing":   {},
	"internal/tune":     {"internal/wire"},
	"internal/whole":    {},
	"internal/xla":      {"internal/kernels", "internal/programs", "internal/wire"},
	"viz":               {"internal/whole", "viz/page", "viz/tsne"},
	"viz/page":          {},
	"viz/tsne":          {},
	"workbench": {
		"data", "internal/report", "internal/shared", "internal/strict", "internal/whole", "internal/wire",
	},
	"workbench/host": {
		"data", "data/*", "data/catalog", "inforeg", "inforeg/method", "internal/holm", "internal/npy",
		"internal/programs", "internal/seal", "internal/stats", "internal/strict", "internal/tune", "internal/whole",
		"internal/wire", "internal/xla", "models", "viz", "viz/tsne", "workbench/host/cellcode", "workbench/host/draw",
		"workbench/host/engine", "workbench/host/measure", "workbench/host/record", "workbench/host/reproduce",
		"workbench/host/run", "workbench/host/setting", "workbench/host/sweep",
	},
	"workbench/host/cellcode": {},
	"workbench/host/setting": {
		"data", "data/catalog", "models", "inforeg", "inforeg/method", "internal/registry", "internal/wire",
	},
	"workbench/host/engine": {
		"data", "inforeg", "internal/seal", "internal/timing", "internal/whole", "internal/wire", "internal/xla",
		"models",
		"workbench/host/record", "workbench/host/setting",
	},
	"workbench/host/replay": {
		"data", "inforeg", "inforeg/method", "internal/npy", "internal/strict", "internal/whole", "internal/wire",
		"internal/xla", "models", "workbench/host/engine", "workbench/host/record", "workbench/host/setting",
	},
	"workbench/host/draw": {
		"data", "inforeg", "inforeg/method", "internal/holm", "internal/registry", "internal/stats", "internal/tune",
		"internal/whole", "internal/wire", "viz", "viz/tsne", "workbench/host/record", "workbench/host/setting",
	},
	"workbench/host/probe": {
		"data", "data/stream", "inforeg", "internal/registry", "internal/wire", "models", "workbench/host/engine",
		"workbench/host/record",
		"workbench/host/setting",
	},
	"workbench/host/run": {
		"data", "data/stream", "data/catalog", "inforeg", "inforeg/method", "internal/seal", "internal/timing",
		"internal/whole",
		"internal/wire", "internal/xla", "models", "workbench/host/engine", "workbench/host/probe",
		"workbench/host/record", "workbench/host/setting",
	},
	"workbench/host/run/runtest": {
		"internal/hosttest", "internal/wire", "internal/xla", "internal/xlatest", "models", "workbench/host/run",
	},
	"workbench/host/measure": {
		"data", "inforeg", "internal/stats", "internal/wire", "viz", "viz/tsne", "workbench/host/draw",
		"workbench/host/record", "workbench/host/run", "workbench/host/setting",
	},
	"workbench/host/sweep": {
		"data", "data/catalog", "inforeg", "inforeg/method", "internal/holm", "internal/seal", "internal/stats",
		"internal/shared", "internal/strict", "internal/whole", "internal/wire", "workbench/host/measure",
		"workbench/host/record", "workbench/host/run", "workbench/host/setting",
	},
	"workbench/host/work": {
		"internal/claims", "internal/shared", "internal/timing", "internal/whole", "internal/wire",
		"workbench/host/record", "workbench/host/run", "workbench/host/sweep",
	},
	"workbench/host/reproduce": {
		"data", "data/catalog", "data/cremad", "data/mosi", "inforeg", "internal/holm", "internal/registry",
		"internal/stats",
		"internal/tune", "internal/whole", "internal/wire", "internal/xla", "workbench/host/draw",
		"workbench/host/measure", "workbench/host/record", "workbench/host/run", "workbench/host/setting",
		"workbench/host/sweep",
	},
	"workbench/host/record": {
		"data", "inforeg", "inforeg/method", "internal/seal", "internal/strict", "internal/whole", "internal/wire",
		"models", "workbench/host/setting",
	},
	"cmd/primewindow": {
		"data", "data/*", "data/catalog", "internal/programs", "internal/report", "internal/shared", "internal/timing",
		"internal/whole", "internal/wire",
		"internal/xla", "viz",
		"workbench", "workbench/host", "workbench/host/draw", "workbench/host/probe", "workbench/host/record",
		"workbench/host/replay", "workbench/host/reproduce", "workbench/host/run", "workbench/host/sweep",
		"workbench/host/work",
	},
	"bench/*": {
		"data", "data/*", "data/catalog", "inforeg", "inforeg/method", "internal/timing", "internal/wire",
		"internal/xla", "models", "viz", "viz/tsne", "workbench", "workbench/host", "workbench/host/engine",
		"workbench/host/replay", "workbench/host/run", "workbench/host/sweep",
	},
}

// nevers are what must not be reached, not even through other packages.
var nevers = []struct {
	from   []string // packages of the module and all below them, but for except
	except []string
	to     string // a package and all below it; with a final slash only those below
	tests  bool   // their tests must not import it either
	reason string
}{
	{
		from: []string{"workbench", "viz", "data", "internal/wire"}, except: []string{"workbench/host"},
		to:     "github.com/gomlx",
		reason: "a cell links these, and with GoMLX each cell would link for over a second; only the host executes",
	},
	{
		from:   []string{"viz"},
		to:     module + "/workbench",
		reason: "measuring and drawing are apart: a figure needs names and numbers, not a run",
	},
	{
		from:   []string{"viz"},
		to:     module + "/inforeg",
		reason: "measuring and drawing are apart: viz draws what it is given and knows no training",
	},
	{
		from:   []string{"viz"},
		to:     module + "/models",
		reason: "measuring and drawing are apart: viz draws what it is given and knows no network",
	},
	{
		from:   []string{"viz/tsne"},
		to:     "gonum.org/v1/plot",
		reason: "viz/tsne is the algorithm alone, so that it can be tested and used without drawing",
	},
	{
		from: []string{"models"}, to: module + "/data/",
		reason: "models see modalities and shapes; a model that knows a set fits no other",
	},
	{
		from: []string{"workbench"}, except: []string{"workbench/host"},
		to:     module + "/viz",
		reason: "the host draws; a cell that linked the drawing code would link slowly",
	},
	{
		from: []string{"data", "models", "inforeg", "internal", "viz"}, to: module + "/workbench",
		reason: "the workbench is built of these, and stands above them",
	},
	{
		from:   []string{"data", "models", "inforeg", "internal", "viz", "workbench", "cmd", "bench"},
		to:     "github.com/stretchr/testify",
		tests:  true,
		reason: "tests use the standard library and go-cmp",
	},
}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
	Deps       []string

	TestImports  []string
	XTestImports []string
}

// name is the package's path inside the module.
func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// listPackages asks go list for every package of the module.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(
		t.Context(), "go", "list",
		"-json=ImportPath,Dir,Name,Doc,GoFiles,CgoFiles,Imports,Deps,TestImports,XTestImports", module+"/...",
	)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// named reports whether a package's name is in a list of the kind that arrows has.
func named(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, path.Dir(name)+"/*")
}

// allowed looks a package up in arrows; its own line comes before its folder's.
func allowed(name string) ([]string, bool) {
	if to, ok := arrows[name]; ok {
		return to, true
	}
	to, ok := arrows[path.Dir(name)+"/*"]
	return to, ok
}

// within reports whether a package path is root or lies below it; a root with a final slash is not within itself.
func within(importPath, root string) bool {
	below := strings.TrimSuffix(root, "/") + "/"
	return importPath == root || strings.HasPrefix(importPath, below)
}

func TestArrows(t *testing.T) {
	for _, p := range listPackages(t) {
		to, ok := allowed(p.name())
		if !ok {
			t.Errorf(
				"%s: the package has no line in arrows; add one, and a sentence in the README's map for a new folder",
				p.name(),
			)
			continue
		}
		for _, imported := range p.Imports {
			if name, ours := strings.CutPrefix(imported, module+"/"); ours && !named(to, name) {
				t.Errorf("%s imports %s, want only %v", p.name(), name, to)
			}
		}
	}
}

func TestNevers(t *testing.T) {
	packages := listPackages(t)
	for _, never := range nevers {
		for _, p := range packages {
			covers := func(root string) bool { return within(p.name(), root) }
			if !slices.ContainsFunc(never.from, covers) || slices.ContainsFunc(never.except, covers) {
				continue
			}
			reached := p.Deps
			if never.tests {
				reached = slices.Concat(p.Deps, p.TestImports, p.XTestImports)
			}
			for _, dep := range reached {
				if within(dep, never.to) && dep != p.ImportPath {
					t.Errorf("%s reaches %s\nreason against it: %s", p.name(), dep, never.reason)
					break // one is enough to see it
				}
			}
		}
	}
}

// TestPolicyMatches makes sure that the rules can fail: the matching finds what it should.
func TestPolicyMatches(t *testing.T) {
	for _, tt := range []struct {
		path, root string
		want       bool
		reason     string
	}{
		{"viz", "viz", true, "a package lies within itself"},
		{"viz/tsne", "viz", true, "one below"},
		{"vizier", "viz", false, "a longer word is another package"},
		{"data/synth", "data/", true, "a final slash means only those below, and this is one"},
		{"data", "data/", false, "a final slash means only those below"},
	} {
		if got := within(tt.path, tt.root); got != tt.want {
			t.Errorf("within(%q, %q) = %v, want %v\nreason: %s", tt.path, tt.root, got, tt.want, tt.reason)
		}
	}
	if !named([]string{"data/*"}, "data/synth") || named([]string{"data/*"}, "data") ||
		named([]string{"data/*"}, "data/a/b") {
		t.Error("data/* must stand for the packages one level below data, and for no others")
	}
}
