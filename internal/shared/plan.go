package shared

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/claims"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
)

// Schema is the version of a plan. One of a newer version is refused.
const Schema = 1

// What is in a sweep's folder beside its runs' and the comparison's own file.
const (
	PlanFile = "plan.jsonl"

	claimsDir = "claims" // see package claims; keys are runs' hashes
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
	Settings map[string]any `json:"settings"`
}

// Claims is where the plan's claims lie, taken by this process under a job of a scheduler.
func (p *Plan) Claims(job string) claims.Folder {
	return claims.Folder{Dir: filepath.Join(p.Dir, claimsDir), Owner: claims.Here(job)}
}

// Exists reports whether a folder holds a plan.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, PlanFile))
	return err == nil
}

// Write writes the plan, unless the folder has one, which stays.
func (p *Plan) Write() error {
	text, err := p.Text()
	if err != nil {
		return err
	}
	return writeOnce(filepath.Join(p.Dir, PlanFile), text)
}

// Text is the plan as its file has it.
func (p *Plan) Text() ([]byte, error) {
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
	defer func() { _ = os.Remove(part) }() // it may have been renamed
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(part, path)
}

// Read reads the plan in a folder.
func Read(dir string) (*Plan, error) {
	path := filepath.Join(dir, PlanFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s is no sweep: it has no %s", dir, PlanFile),
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
			if err = json.Unmarshal(lines.Bytes(), &p.Head); err == nil && p.Head.Schema > Schema {
				return nil, &wire.Problem{
					Message: fmt.Sprintf(
						"%s is of version %d, and this program knows %d", path, p.Head.Schema, Schema,
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

// List names the plan's methods and seeds, and the settings that were asked for.
func (p *Plan) List() string {
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
