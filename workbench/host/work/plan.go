package work

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// workDir is where runs under way are, in a sweep's folder: HASH.ATTEMPT/NAME.
const workDir = ".work"

// comparison is what a plan asks for.
func comparison(p *shared.Plan) sweep.Comparison {
	return sweep.Comparison{
		Dir: p.Dir, Methods: p.Head.Methods, Seeds: p.Head.Seeds, Select: p.Head.Select, Set: p.Head.Set,
	}
}

// Make writes the plan of a comparison, or finds that the folder has it already: then it must be the same. Everything
// that was asked for is checked before anything is written, and the backend is opened, since the plan says by what its
// runs are computed.
func Make(shop *run.Shop, c sweep.Comparison) (*shared.Plan, error) {
	s, err := sweep.Share(shop, c)
	if err != nil {
		return nil, err
	}
	want, err := planOf(s)
	if err != nil {
		return nil, err
	}
	if !shared.Exists(c.Dir) {
		if err := s.Alone(want.Write); err != nil {
			return nil, record.FolderProblem(err)
		}
	}
	have, err := shared.Read(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := same(have, want); err != nil {
		return nil, err
	}
	// What has ended may be read by any build.
	if s, err := have.Look(); err != nil || s.Ended() {
		return have, err
	}
	return have, alike(have, want)
}

// planOf makes the plan of a comparison that is to be shared.
func planOf(s *sweep.Sweep) (*shared.Plan, error) {
	computed, err := s.Shop.Computed()
	if err != nil {
		return nil, err
	}
	p := &shared.Plan{Dir: s.Ask.Dir, Head: shared.Head{
		Schema: shared.Schema, Methods: s.Ask.Methods, Seeds: s.Ask.Seeds, Select: s.Ask.Select, Set: s.Ask.Set,
		Data: s.Desc.Name, SplitHash: s.Desc.Provenance.SplitHash, Computed: computed,
	}}
	for _, r := range s.Runs {
		settings := r.Settings()
		h := sha256.Sum256([]byte(settings.Hash() + " " + p.Head.SplitHash))
		p.Runs = append(p.Runs, shared.Line{
			Hash: hex.EncodeToString(h[:8]), Run: r.Name, Method: r.Method, Seed: r.Seed, Steps: r.Steps,
			Settings: settings,
		})
	}
	return p, nil
}

// differs is an error of a plan that is not what it is here.
func differs(p *shared.Plan, what, have, want, hint string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("sweep %s has %s: %s there, %s here", p.Dir, what, have, want), Hint: hint,
	}
}

// same wants a plan to be of the same runs on the same samples as another.
func same(p, other *shared.Plan) error {
	if p.Head.Data != other.Head.Data || p.Head.SplitHash != other.Head.SplitHash {
		return differs(p, "other samples", sweep.DescribeSplit(p.Head.Data, p.Head.SplitHash),
			sweep.DescribeSplit(other.Head.Data, other.Head.SplitHash),
			"all workers have to see the same files of the set; or name another folder with -out")
	}
	equal := func(a, b shared.Line) bool { return a.Hash == b.Hash && a.Run == b.Run && a.Steps == b.Steps }
	if !slices.EqualFunc(p.Runs, other.Runs, equal) || p.Head.Select != other.Head.Select {
		return differs(p, "other runs", p.List(), other.List(),
			"the plan of a sweep does not change: name another folder with -out")
	}
	return nil
}

// alike wants the runs of a plan to be computed as those of another.
func alike(p, other *shared.Plan) error {
	for _, name := range slices.Sorted(maps.Keys(other.Head.Computed)) {
		if have, want := p.Head.Computed[name], other.Head.Computed[name]; have != want {
			return differs(p, "another "+name, have, want,
				"runs that are compared are computed alike: use the same build and set-up on all nodes, or name "+
					"another folder with -out")
		}
	}
	return nil
}
