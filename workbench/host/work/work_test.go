package work

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/claims"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// small is a comparison of four runs of twelve steps.
func small(dir string) sweep.Comparison {
	return sweep.Comparison{
		Dir: dir, Methods: []string{"joint", "slow"}, Seeds: 2, Select: sweep.SelectLast,
		Set: map[string]any{
			"data": "synth", "epochs": "2", "batch": "16", "data.train": "96", "data.val": "36", "data.test": "36",
			"probe_samples": "12", "linear_samples": "48", "encoder.audio": "cnn2d:4", "encoder.visual": "cnn2d:4",
		},
	}
}

// serial trains a comparison by one process, and gives what it came to.
func serial(t *testing.T, c sweep.Comparison) {
	t.Helper()
	s, err := sweep.Open(runtest.NewShop(t), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Runs {
		if err := s.Train(t.Context(), r, unwatched); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func unwatched(*run.Run) (stop func()) { return func() {} }

// made writes the plan of a comparison.
func made(t *testing.T, c sweep.Comparison) *shared.Plan {
	t.Helper()
	p, err := Make(runtest.NewShop(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func join(t *testing.T, dir string) *Worker {
	t.Helper()
	w, err := Join(runtest.NewShop(t), dir, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes a file of a claim's.
func put(t *testing.T, folder claims.Folder, hash string, attempt int, name, text string) {
	t.Helper()
	dir := folder.Path(hash, attempt)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	hosttest.WriteFile(t, filepath.Join(dir, name), []byte(text))
}

func look(t *testing.T, dir string) shared.Status {
	t.Helper()
	s, err := shared.Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// equalRuns wants the runs of two comparisons to have the same on record, byte for byte.
func equalRuns(t *testing.T, want, got string, p *shared.Plan) {
	t.Helper()
	for _, line := range p.Runs {
		for _, name := range []string{record.MetricsFile, record.ProbesFile} {
			a := hosttest.ReadFile(t, filepath.Join(want, line.Run, name))
			b := hosttest.ReadFile(t, filepath.Join(got, line.Run, name))
			if !bytes.Equal(a, b) {
				t.Errorf("%s of %s differs from that of one process", name, line.Run)
			}
		}
	}
}

// result is a comparison's file, written anew from its runs.
func result(t *testing.T, c sweep.Comparison) string {
	t.Helper()
	s, err := sweep.Share(runtest.NewShop(t), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Runs {
		if err := s.Reopen(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Write(); err != nil {
		t.Fatal(err)
	}
	return string(hosttest.ReadFile(t, filepath.Join(c.Dir, sweep.File)))
}

// TestWorkers: two workers, of which one is told to stop in the middle of a run and comes again, leave what one process
// leaves.
func TestWorkers(t *testing.T) {
	want, got := small(filepath.Join(t.TempDir(), "one")), small(filepath.Join(t.TempDir(), "many"))
	serial(t, want)
	p := made(t, got)
	if s := look(t, got.Dir); s.Count(shared.Waiting) != 4 || s.Ended() {
		t.Errorf("before anybody: %s", s.Line())
	}
	ctx, stop := context.WithCancel(t.Context())
	w := join(t, got.Dir)
	go func() { // told to stop once a run is under way
		for ctx.Err() == nil {
			if s, err := shared.Look(got.Dir); err == nil && s.Count(
				shared.Running,
			) > 0 && s.Runs[0].Progress.Step > 0 {
				stop()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := w.Work(ctx, Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
	stop()
	if s := look(t, got.Dir); s.Count(shared.Running) != 0 || s.Runs[0].State == shared.Waiting && s.Runs[0].Why == "" {
		t.Errorf("told to stop, and %s: %+v", s.Line(), s.Runs[0])
	}
	var wait sync.WaitGroup
	for range 2 {
		w := join(t, got.Dir)
		wait.Go(func() {
			if _, err := w.Work(context.Background(), Limits{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	s := look(t, got.Dir)
	if s.Count(shared.Done) != 4 || !s.Ended() {
		t.Errorf("at the end: %s", s.Line())
	}
	for _, r := range s.Runs {
		if r.Died != 0 || r.Why != "" {
			t.Errorf("%s: %+v", r.Line.Run, r)
		}
	}
	equalRuns(t, want.Dir, got.Dir, p)
	if diff := cmp.Diff(string(hosttest.ReadFile(t, filepath.Join(want.Dir, sweep.File))), result(t, got)); diff != "" {
		t.Errorf("%s (-one +many)\n%s", sweep.File, diff)
	}
	left, err := filepath.Glob(filepath.Join(got.Dir, workDir, "*.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if n, err := join(t, got.Dir).Work(t.Context(), Limits{}); n != 0 || err != nil {
		t.Errorf("%d runs were trained again, %v", n, err)
	}
}

// TestShard: workers with shards train their runs alone; runs that one process had begun are gone on with.
func TestShard(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	s, err := sweep.Open(runtest.NewShop(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Train(t.Context(), s.Runs[0], unwatched); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := hosttest.ReadFile(t, filepath.Join(s.Runs[0].Dir, record.ManifestFile))
	made(t, c)
	if n, err := join(t, c.Dir).Work(t.Context(), Limits{Shard: 0, Shards: 2}); n != 2 || err != nil {
		t.Fatalf("%d runs, %v, want the first and the third", n, err)
	}
	var states []string
	for _, r := range look(t, c.Dir).Runs {
		states = append(states, r.State)
	}
	if diff := cmp.Diff([]string{shared.Done, shared.Waiting, shared.Done, shared.Waiting}, states); diff != "" {
		t.Error(diff)
	}
	if n, err := join(t, c.Dir).Work(t.Context(), Limits{Most: 1}); n != 1 || err != nil {
		t.Errorf("%d runs, %v, want one", n, err)
	}
	after := hosttest.ReadFile(t, filepath.Join(c.Dir, "joint-seed0", record.ManifestFile))
	if !bytes.Equal(before, after) {
		t.Error("the run that was there was made again")
	}
}

// TestTwice: a worker whose claim was taken over finds the other's run, compares, and leaves it.
func TestTwice(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	p := made(t, c)
	if _, err := join(t, c.Dir).Work(t.Context(), Limits{Most: 1}); err != nil {
		t.Fatal(err)
	}
	again := func() string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), p.Runs[0].Run)
		s, err := sweep.Share(runtest.NewShop(t), c)
		if err != nil {
			t.Fatal(err)
		}
		s.Runs[0].Dir = dir
		if err := s.Reopen(s.Runs[0]); err != nil {
			t.Fatal(err)
		}
		if err := s.Train(t.Context(), s.Runs[0], unwatched); err != nil {
			t.Fatal(err)
		}
		note, equal, err := publish(dir, filepath.Join(c.Dir, p.Runs[0].Run))
		if err != nil {
			t.Fatal(err)
		}
		if equal != strings.HasSuffix(note, "and equal") {
			t.Errorf("%q, and equal %t", note, equal)
		}
		return note
	}
	if note := again(); note != "trained twice, and equal" {
		t.Errorf("note %q", note)
	}
	metrics := filepath.Join(c.Dir, p.Runs[0].Run, record.MetricsFile)
	text := hosttest.ReadFile(t, metrics)
	lines := bytes.SplitAfter(text, []byte("\n"))
	lines[4] = bytes.Replace(lines[4], []byte("1"), []byte("2"), 1)
	hosttest.WriteFile(t, metrics, bytes.Join(lines, nil))
	if note := again(); note != "trained twice, and not equal: line 5 of metrics.jsonl" {
		t.Errorf("note %q", note)
	}
}

// TestInUse: a comparison that one process trains by itself is not shared meanwhile.
func TestInUse(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	s, err := sweep.Open(runtest.NewShop(t), c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Make(runtest.NewShop(t), c)
	hosttest.OneProblem(t, err)
	if err == nil || !strings.Contains(err.Error(), "is in use by another process") || shared.Exists(c.Dir) {
		t.Errorf("error %v, a plan: %t", err, shared.Exists(c.Dir))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	made(t, c)
}

// TestFailed: a run that cannot go on is a hole with its reason, is not tried again by itself, and is by
// [shared.Retry].
func TestFailed(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	c.Seeds, c.Set["epochs"] = 1, "4"
	c.Set["slow.lr"], c.Set["slow.weight_decay"] = "100", "10" // weights grow a thousandfold with each step
	made(t, c)
	n, err := join(t, c.Dir).Work(t.Context(), Limits{})
	if n != 2 || err != nil {
		t.Fatalf("%d runs, %v", n, err)
	}
	s := look(t, c.Dir)
	if !s.Ended() || s.Runs[1].State != shared.Failed || s.Runs[1].Why == "" || s.Runs[0].State != shared.Done {
		t.Errorf("%+v", s.Runs)
	}
	if n, err := join(t, c.Dir).Work(t.Context(), Limits{}); n != 0 || err != nil {
		t.Errorf("%d runs were tried again, %v", n, err)
	}
	if n, err := shared.Retry(c.Dir); n != 1 || err != nil {
		t.Errorf("%d to be tried again, %v", n, err)
	}
	if s := look(t, c.Dir); s.Count(shared.Waiting) != 1 {
		t.Errorf("after retry: %s", s.Line())
	}
	if n, err := join(t, c.Dir).Work(t.Context(), Limits{}); n != 1 || err != nil {
		t.Errorf("%d runs, %v, want the one that failed", n, err)
	}
}

// TestFullDisk: without room a worker ends with one line, and its run waits for the next, from whom it loses nothing.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("no small disk can be mounted, as root it can: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	want, c := small(filepath.Join(t.TempDir(), "one")), small(filepath.Join(disk, "c"))
	serial(t, want)
	for _, left := range []int64{0, 20, 60, 120} { // KiB: a claim, a run's folder, some of its steps
		if err := os.RemoveAll(c.Dir); err != nil {
			t.Fatal(err)
		}
		p := made(t, c)
		var st unix.Statfs_t
		if err := unix.Statfs(disk, &st); err != nil {
			t.Fatal(err)
		}
		ballast := filepath.Join(disk, "ballast")
		hosttest.WriteFile(t, ballast, make([]byte, int64(st.Bavail)*st.Bsize-left<<10))
		_, err := join(t, c.Dir).Work(t.Context(), Limits{})
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%d KiB: error %v, want that there is no room", left, err)
		}
		if s := look(t, c.Dir); s.Count(shared.Failed) > 0 {
			t.Errorf("%d KiB: %s: %+v", left, s.Line(), s.Runs)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		// Whose claim could not be ended is this process's still: another would see that its worker is gone.
		for _, line := range p.Runs {
			if s, err := p.Claims("").Look(line.Hash); err == nil && s.Attempt > 0 && s.Ended == nil {
				put(t, p.Claims(""), line.Hash, s.Attempt, "end.json", `{"why":"its worker is gone"}`)
			}
		}
		if n, err := join(t, c.Dir).Work(t.Context(), Limits{}); n == 0 || err != nil {
			t.Fatalf("%d KiB: with room again %d runs, %v", left, n, err)
		}
		equalRuns(t, want.Dir, c.Dir, p)
	}
}

// TestDeaths: a run of which workers die again and again is given up, unless each gets further.
func TestDeaths(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	p := made(t, c)
	folder := p.Claims("")
	dead := folder.Owner
	dead.Began++ // a process of this number that is no more
	text, err := json.Marshal(dead)
	if err != nil {
		t.Fatal(err)
	}
	for n := range mostDeaths + 1 {
		put(t, folder, p.Runs[0].Hash, n+1, "owner.json", string(text))
		put(t, folder, p.Runs[1].Hash, n+1, "owner.json", string(text))
		put(t, folder, p.Runs[1].Hash, n+1, shared.ProgressFile, fmt.Sprintf(`{"step":%d}`, n+1)) // it gets further
	}
	if n, err := join(t, c.Dir).Work(t.Context(), Limits{}); n != 3 || err != nil {
		t.Errorf("%d runs, %v, want the three others", n, err)
	}
	if r := look(t, c.Dir).Runs[0]; r.State != shared.Failed || !strings.Contains(
		r.Why, "4 workers in a row died of it",
	) {
		t.Errorf("%+v", r)
	}
}

// TestRefused: who would compute something else is refused, in one line.
func TestRefused(t *testing.T) {
	c := small(filepath.Join(t.TempDir(), "c"))
	p := made(t, c)
	path := filepath.Join(c.Dir, sweep.PlanFile)
	whole := hosttest.ReadFile(t, path)
	for _, tt := range []struct {
		name, from, to string
		want           string
	}{
		{"build", `"build":"`, `"build":"0`, "another build"},
		{"plugin", `"plugin":"`, `"plugin":"another `, "another plugin"},
		{"backend", `"backend":"`, `"backend":"tpu `, "another backend"},
		{"samples", `"split_hash":"`, `"split_hash":"0`, "other samples"},
		{"hash", p.Runs[2].Hash, "0123456789abcdef", "other runs"},
		{"newer", `{"plan":1`, `{"plan":2`, "version 2"},
		{"none", `{"plan":1`, `{"plan":0`, "line 1: it has no version"},
		{"half", `{"hash":"` + p.Runs[1].Hash, `{"hash`, "line 3"},
		{"path", `"run":"slow-seed1"`, `"run":"../../slow-seed1"`, "line 5: no run"},
		{"empty", string(whole), "", "no runs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !bytes.Contains(whole, []byte(tt.from)) {
				t.Fatalf("the plan has no %q", tt.from)
			}
			hosttest.WriteFile(t, path, bytes.Replace(whole, []byte(tt.from), []byte(tt.to), 1))
			_, err := Join(runtest.NewShop(t), c.Dir, "", io.Discard)
			hosttest.OneProblem(t, err)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	hosttest.WriteFile(t, path, whole)
	other := small(c.Dir)
	other.Seeds = 3
	_, err := Make(runtest.NewShop(t), other)
	hosttest.OneProblem(t, err)
	if err == nil || !strings.Contains(err.Error(), "other runs: joint, slow with 2 seeds") {
		t.Errorf("another plan: %v", err)
	}
	_, err = shared.Look(t.TempDir())
	hosttest.OneProblem(t, err)
	if _, err := Make(runtest.NewShop(t), c); err != nil {
		t.Errorf("the same plan again: %v", err)
	}
}

// TestMany: a plan of a thousand runs is read, and its state told, in little time.
func TestMany(t *testing.T) {
	p := &shared.Plan{Dir: t.TempDir(), Head: shared.Head{Schema: shared.Schema}}
	folder := p.Claims("")
	for i := range 1000 {
		line := shared.Line{
			Hash: fmt.Sprintf("%016x", i), Run: fmt.Sprint("joint-seed", i), Method: "joint", Seed: i, Steps: 10,
		}
		p.Runs = append(p.Runs, line)
		if i < 900 {
			put(t, folder, line.Hash, 1, "owner.json", `{"host":"other"}`)
			put(t, folder, line.Hash, 1, shared.ProgressFile, `{"step":5,"rate":2}`)
		}
		if i < 800 {
			put(t, folder, line.Hash, 1, "end.json", `{"done":true}`)
		}
	}
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	hosttest.WriteFile(t, filepath.Join(p.Dir, sweep.PlanFile), text)
	s := look(t, p.Dir)
	if s.Count(shared.Done) != 800 || s.Count(shared.Running) != 100 || s.Count(shared.Waiting) != 100 {
		t.Error(s.Line())
	}
	// 100 runs that run have 5 steps left each and 100 that wait 10, at 2 a second, by 100 workers.
	if s.Left != 7500*time.Millisecond {
		t.Errorf("%v left, want 7.5 s", s.Left)
	}
}

func TestSlurmScript(t *testing.T) {
	dir := t.TempDir()
	p := &shared.Plan{Dir: dir, Head: shared.Head{Schema: shared.Schema}}
	for i := range 6 {
		p.Runs = append(
			p.Runs, shared.Line{Hash: fmt.Sprint("h", i), Run: fmt.Sprint("r", i), Method: "joint", Steps: 100},
		)
	}
	q := &Slurm{
		Dir: dir, Jobs: 2, Command: []string{"/opt/prime window/primewindow", "work"}, Project: "/p",
		Options: map[string]string{"partition": "gpu", "comment": "it's #1", "exclusive": ""},
	}
	got, err := q.Script(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `#!/bin/bash
# A task trains runs of the sweep in DIR, 1 at most: whichever nobody has.
# It is told 120 seconds before its time is up; then it saves and has itself queued again.
#SBATCH --array=1-6%2
#SBATCH --chdir=/p
#SBATCH "--comment=it's #1"
#SBATCH --exclusive
#SBATCH --job-name=primewindow-NAME
#SBATCH --open-mode=append
#SBATCH --output=DIR/.work/logs/slurm-%A_%a.log
#SBATCH --partition=gpu
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
exec '/opt/prime window/primewindow' work DIR -runs 1
`
	want = strings.NewReplacer("DIR", dir, "NAME", filepath.Base(dir)).Replace(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// Where runs are known to take four minutes a task has three of them.
	put(t, p.Claims(""), "h0", 1, "end.json", `{"done":true}`)
	put(t, p.Claims(""), "h0", 1, shared.ProgressFile, `{"step":100,"rate":0.4}`)
	if got, err = q.Script(p); err != nil || !strings.Contains(
		got, "--array=1-2%2\n",
	) || !strings.Contains(got, "-runs 3\n") {
		t.Errorf("%v\n%s", err, got)
	}
	q.Options["comment"] = "a\n#SBATCH --uid=0"
	_, err = q.Script(p)
	hosttest.OneProblem(t, err)
}

func TestParseQueue(t *testing.T) {
	got := parseQueue(
		"17 1 RUNNING None\n17 2 PENDING Resources\n18 1 RUNNING None\n\nnonsense\n17 3 PENDING QOS Max\n",
		[]string{"17"},
	)
	want := []Task{
		{Name: "17_1", State: shared.Running}, {Name: "17_2", State: shared.Waiting, Why: "Resources"},
		{Name: "17_3", State: shared.Waiting, Why: "QOS Max"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNoSlurm: without Slurm one line says so.
func TestNoSlurm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := t.TempDir()
	p := &shared.Plan{
		Dir: dir, Head: shared.Head{Schema: shared.Schema}, Runs: []shared.Line{{Hash: "h", Run: "r", Steps: 1}},
	}
	err := (&Slurm{Dir: dir, Command: []string{"x"}}).Submit(p)
	hosttest.OneProblem(t, err)
	if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Message != "no sbatch here" {
		t.Errorf("%v", err)
	}
}
