package work

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/claims"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// planSchema is the version of a plan. One of a newer version is refused.
const planSchema = 1

// What is in a sweep's folder beside its runs' and the comparison's own file.
const (
	claimsDir = "claims" // see package claims; keys are runs' hashes
	workDir   = ".work"  // runs under way, HASH.ATTEMPT/NAME
)

// Plan is what the workers of a sweep share. It is written once and never changed.
type Plan struct {
	Dir  string
	Head Head
	Runs []Line
}

// Head is the plan's first line: what was asked for, and what all workers have to agree in.
type Head struct {
	Schema    int            `json:"plan"`
	Methods   []string       `json:"methods"`
	Seeds     int            `json:"seeds"`
	Select    string         `json:"select"`
	Set       map[string]any `json:"set,omitempty"`
	Data      string         `json:"data"`
	SplitHash string         `json:"split_hash"`
	// Computed is by what: the program's build, the plugin, the kernels. Runs that are compared are computed alike.
	Computed map[string]string `json:"computed"`
}

// Line is a run of the plan.
type Line struct {
	Hash     string         `json:"hash"` // of settings and samples: what makes it this run and no other
	Run      string         `json:"run"`
	Method   string         `json:"method"`
	Seed     int            `json:"seed"`
	Steps    int            `json:"steps"`
	Settings setting.Values `json:"settings"`
}

// comparison is what the plan asks for.
func (p *Plan) comparison() sweep.Comparison {
	return sweep.Comparison{
		Dir: p.Dir, Methods: p.Head.Methods, Seeds: p.Head.Seeds, Select: p.Head.Select, Set: p.Head.Set,
	}
}

// claims is where the plan's claims lie, taken by this process under a job of a scheduler.
func (p *Plan) claims(job string) claims.Folder {
	return claims.Folder{Dir: filepath.Join(p.Dir, claimsDir), Owner: claims.Here(job)}
}

// Exists reports whether a folder holds a plan.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, sweep.PlanFile))
	return err == nil
}

// Make writes the plan of a comparison, or finds that the folder has it already: then it must be the same. Everything
// that was asked for is checked before anything is written, and the backend is opened, since the plan says by what its
// runs are computed.
func Make(shop *run.Shop, c sweep.Comparison) (*Plan, error) {
	s, err := sweep.Share(shop, c)
	if err != nil {
		return nil, err
	}
	want, err := planOf(s)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o777); err != nil {
		return nil, &wire.Problem{Message: err.Error(), Hint: "the comparison's folder cannot be made there"}
	}
	path := filepath.Join(c.Dir, sweep.PlanFile)
	text, err := want.text()
	if err != nil {
		return nil, err
	}
	if err := writeOnce(path, text); err != nil {
		return nil, &wire.Problem{Message: err.Error(), Hint: "the comparison's folder has to be writable"}
	}
	have, err := Read(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := have.same(want); err != nil {
		return nil, err
	}
	// What has ended may be read by any build.
	if s, err := have.look(); err != nil || s.Ended() {
		return have, err
	}
	return have, have.alike(want)
}

// planOf makes the plan of a comparison that is to be shared.
func planOf(s *sweep.Sweep) (*Plan, error) {
	computed, err := s.Shop.Computed()
	if err != nil {
		return nil, err
	}
	p := &Plan{Dir: s.Ask.Dir, Head: Head{
		Schema: planSchema, Methods: s.Ask.Methods, Seeds: s.Ask.Seeds, Select: s.Ask.Select, Set: s.Ask.Set,
		Data: s.Desc.Name, SplitHash: s.Desc.Provenance.SplitHash, Computed: computed,
	}}
	for _, r := range s.Runs {
		settings := r.Settings()
		h := sha256.Sum256([]byte(settings.Hash() + " " + p.Head.SplitHash))
		p.Runs = append(p.Runs, Line{
			Hash: hex.EncodeToString(h[:8]), Run: r.Name, Method: r.Method, Seed: r.Seed, Steps: r.Steps,
			Settings: settings,
		})
	}
	return p, nil
}

func (p *Plan) text() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	err := enc.Encode(p.Head)
	for _, line := range p.Runs {
		err = errors.Join(err, enc.Encode(line))
	}
	return out.Bytes(), err
}

// writeOnce writes a file that is not there yet, whole: the name is given by a link, which fails where another process
// was quicker. On a file system without links two processes may both write it, and what they write is the same.
func writeOnce(path string, text []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	if err := whole.WriteFile(part, text); err != nil {
		return err
	}
	defer os.Remove(part)
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(part, path)
}

// Read reads the plan in a folder.
func Read(dir string) (*Plan, error) {
	path := filepath.Join(dir, sweep.PlanFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s is no sweep: it has no %s", dir, sweep.PlanFile),
			Hint: "`primewindow compare -executor local` or slurm makes one; a comparison without has one process, " +
				"which trains it",
		}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &Plan{Dir: dir}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for n := 1; lines.Scan(); n++ {
		var err error
		if n == 1 {
			if err = json.Unmarshal(lines.Bytes(), &p.Head); err == nil && p.Head.Schema > planSchema {
				return nil, &wire.Problem{
					Message: fmt.Sprintf(
						"%s is of version %d, and this program knows %d", path, p.Head.Schema, planSchema,
					),
					Hint: "it was made by a newer version: update",
				}
			}
			if err == nil && p.Head.Schema < 1 {
				err = errors.New("it has no version")
			}
		} else {
			var line Line
			err = json.Unmarshal(lines.Bytes(), &line)
			if bad := line.Hash == "" || line.Run != filepath.Base(line.Run); err == nil && bad {
				err = errors.New("no run")
			}
			p.Runs = append(p.Runs, line)
		}
		if err != nil {
			return nil, spoiled(fmt.Sprintf("%s, line %d: %v", path, n, err))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, spoiled(fmt.Sprintf("%s: %v", path, err))
	}
	if len(p.Runs) == 0 {
		return nil, spoiled(path + ": no runs")
	}
	return p, nil
}

func spoiled(message string) error {
	return &wire.Problem{
		Message: message, Hint: "take the file away, and the command that began the sweep writes it anew; runs stay",
	}
}

// differs is an error of a plan that is not what it is here.
func (p *Plan) differs(what, have, want, hint string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("sweep %s has %s: %s there, %s here", p.Dir, what, have, want), Hint: hint,
	}
}

// same wants a plan to be of the same runs on the same samples as another.
func (p *Plan) same(other *Plan) error {
	if p.Head.Data != other.Head.Data || p.Head.SplitHash != other.Head.SplitHash {
		return p.differs("other samples", short(p.Head.Data, p.Head.SplitHash),
			short(other.Head.Data, other.Head.SplitHash),
			"all workers have to see the same files of the set; or name another folder with -out")
	}
	equal := func(a, b Line) bool { return a.Hash == b.Hash && a.Run == b.Run && a.Steps == b.Steps }
	if !slices.EqualFunc(p.Runs, other.Runs, equal) || p.Head.Select != other.Head.Select {
		return p.differs("other runs", p.list(), other.list(),
			"the plan of a sweep does not change: name another folder with -out")
	}
	return nil
}

// alike wants the runs of a plan to be computed as those of another.
func (p *Plan) alike(other *Plan) error {
	for _, name := range slices.Sorted(maps.Keys(other.Head.Computed)) {
		if have, want := p.Head.Computed[name], other.Head.Computed[name]; have != want {
			return p.differs("another "+name, have, want,
				"runs that are compared are computed alike: use the same build and set-up on all nodes, or name "+
					"another folder with -out")
		}
	}
	return nil
}

func short(name, hash string) string { return fmt.Sprintf("%s with split %.8s", name, hash) }

// list names the plan's methods and seeds, and the settings that were asked for.
func (p *Plan) list() string {
	var set []string
	for name, v := range p.Head.Set {
		set = append(set, fmt.Sprintf("%s=%v", name, v))
	}
	slices.Sort(set)
	text := fmt.Sprintf("%s with %d seeds by %s", strings.Join(p.Head.Methods, ", "), p.Head.Seeds, p.Head.Select)
	if len(set) > 0 {
		text += ", " + strings.Join(set, " ")
	}
	return text
}
