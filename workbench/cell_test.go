package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

const cellVariable = "WORKBENCH_TEST_CELL"

// TestMain makes the test binary play a cell, or the host that a cell starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "host" {
		os.Exit(serveFake())
	}
	if name := os.Getenv(cellVariable); name != "" {
		_ = os.Unsetenv(cellVariable) // or the host that it starts would be a cell too
		cellBodies[name]()
		fmt.Println("end of cell")
		return
	}
	os.Exit(m.Run())
}

func first() *Run { return Open("first", Data("synth"), InfoReg(), Seed(0)) }

// cellBodies are what the cells of these tests contain.
var cellBodies = map[string]func(){
	"to 3":           func() { first().To(3) },
	"to 3 twice":     func() { first().To(3); first().To(3) },
	"to 3 then 2":    func() { first().To(3); first().To(2) },
	"epoch 1 then 0": func() { first().ToEpoch(1); first().ToEpoch(0) },
	"step 2 twice":   func() { first().Step(2); first().Step(2) },
	"to 12":          func() { first().To(12) },
	"to 1000000":     func() { first().To(1000000) },
	"to -1":          func() { first().To(-1) },
	"bad name":       func() { Open("a/b").Show() },
	"no name":        func() { new(Run).Show() },
	"nil run":        func() { var r *Run; r.Show() },
	"bad option":     func() { Open("first", With("beta", []int{1})).Show() },
	"show":           func() { first().Show() },
	"print":          func() { fmt.Println(first()) },
	"probe":          func() { first().Probe(FisherEmp) },
	"evaluate":       func() { first().Evaluate(Test) },
	"set":            func() { first().Set(Beta(0.5), LR(0.03)) },
	"set nothing":    func() { first().Set() },
	"start":          func() { first().Start() },
	"pause":          func() { first().Pause() },
	"follow":         func() { first().Follow() },
	"draw":           func() { Draw(Trace, first(), Open("null", Like(first()), LR(0))) },
	"draw nothing":   func() { Draw(Trace) },
	"live":           func() { first().To(12, Live) },
	"runs":           func() { first().Show(); Runs() },
	"sets":           func() { fmt.Println(len(Sets()), "sets") },
	"draw a record":  func() { madeReproduction().Draw() },
	"a point live": func() {
		r := madeReproduction()
		r.Arms[0].Runs[0].Accuracies = []wire.NamedAccuracy{
			{Quantity: wire.Quantity{Encoder: "fused", Readout: "head"}, Value: 0.7},
		}
		again := r.Run("Joint", 0)
		again.ToEpoch(r.Epoch("Joint", 0))
		r.Beside("Joint", 0, again)
	},
	"draw the second": func() { madeReproduction().Draw(2) },
	"draw the ninth":  func() { madeReproduction().Draw(9) },
	"draw an empty record": func() {
		Reproduced(
			&wire.Reproduction{
				Target: "table2", Data: "synth", Arms: []wire.ReproducedArm{{Name: "Joint", Missing: "no memory"}},
			},
		).Draw()
	},
	"show data":              func() { ShowData(4, Data("digits")) },
	"show data like a run's": func() { ShowData(4, Like(first())) },
	"fresh":                  func() { first().To(3); first().Fresh() },
	"export":                 func() { first().Export("csv", "out.csv") },
	"look inside": func() {
		fmt.Println(first().Gradient("w").Shape, first().Activation("l").Shape, first().SampleNorms("audio").Shape)
	},
	"arrays": func() {
		fmt.Println(
			first().Var("w"), first().Features(Validation, "audio").Shape, len(first().Batch()),
			first().History().Metrics[0]["loss"],
		)
	},
}

// cellCommand is a process that runs a cell's body.
func cellCommand(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	if cellBodies[name] == nil {
		t.Fatalf("no cell %q", name)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(within(t, 20*time.Second), executable)
	cmd.Env = append(os.Environ(), cellVariable+"="+name)
	cmd.Dir = t.TempDir()
	return cmd
}

func runCell(t *testing.T, name string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := cellCommand(t, name)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		t.Fatal(e)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		cell   string
		host   func(p *plan)
		status int
		stdout []string // each is there, in this order
		stderr string
		reason string
	}{
		{
			cell:   "to 3",
			stdout: []string{"compiling", "first: step 3, epoch 0, loss 0.3333 (3 steps in", "end of cell"},
			reason: "an absolute target",
		},
		{
			cell:   "to 3 twice",
			stdout: []string{"first: step 3", "first is at step 3 already: nothing to do", "end of cell"},
			reason: "a cell run twice changes nothing and says so",
		},
		{
			cell: "to 3 then 2", stdout: []string{"first is at step 3, beyond 2: nothing to do"},
			reason: "a run does not go back",
		},
		{
			cell: "epoch 1 then 0",
			stdout: []string{
				"first: step 10 of 10, epoch 1", "first: step 10, epoch 1, loss 0.1",
				"first is at step 10, beyond epoch 0 (step 0)",
			},
			reason: "an epoch's end is kept where lines cannot be replaced",
		},
		{
			cell: "step 2 twice", stdout: []string{"first: step 2,", "first: step 4,"},
			reason: "a relative target is the exception",
		},
		{
			cell:   "show",
			stdout: []string{"first: data synth, method inforeg, seed 0, epoch 0 of 12, step 0, idle\n", "end"},
			reason: "every handle prints where it is",
		},
		{
			cell: "print", stdout: []string{"first: data synth, method inforeg, seed 0 (no host knows it yet)"},
			host: func(p *plan) { p.problem = "GET /v1/runs/first" }, reason: "printing a handle creates no run",
		},
		{
			cell: "probe",
			stdout: []string{
				"first at step 7: fisher_emp",
				"audio   12.5 ± 0.25  loss cross_entropy, labels observed, batch norm recalibrated, n 32",
				"visual  0.125        n 32",
			},
			reason: "a record says what it rests on",
		},
		{
			cell: "evaluate", stdout: []string{"fused (head)  0.75  test, n 48"},
			reason: "split and readout of an accuracy are named",
		},
		{
			cell: "set", stdout: []string{"first: beta 0.9 → 0.5 from step 0 on", "first: lr is 0.03 already"},
			reason: "the present value changes nothing",
		},
		{
			cell: "start", stdout: []string{"first trains on in the host, from step 0 to step 120 (epoch 12)"},
			reason: "up to the planned epochs",
		},
		{cell: "pause", stdout: []string{"first is paused at step 0"}, reason: "also when nothing trains"},
		{cell: "follow", stdout: []string{"first: step 3"}, reason: "follow ends when training does"},
		{
			cell: "draw", stdout: []string{"figures/trace.png", "a figure of first and null"},
			reason: "outside a notebook a figure is a file",
		},
		{cell: "runs", stdout: []string{"first: data synth", "first: data synth"}, reason: "Show, then the list"},
		{
			cell: "sets",
			stdout: []string{
				"digits         spoken and written digits (in shared)", "synth          made clips (made)", "2 sets",
			},
			reason: "a set a line, its name first",
		},
		{
			cell:   "draw a record",
			stdout: []string{"figures/table2-digits-1.png", "of Joint", "figures/table2-digits-2.png", "of OGM"},
			reason: "each figure of the record is a file of its own",
		},
		{
			cell: "draw the second", stdout: []string{"figures/table2-digits-2.png", "of OGM", "end of cell"},
			reason: "one figure alone, under its own number",
		},
		{
			cell: "draw the ninth", status: 1,
			stderr: "primewindow: error: table2 on digits: figure 9, it has 4\nhint: Draw() without a number " +
				"shows all\n",
			reason: "no silence",
		},
		{
			cell: "draw an empty record", stdout: []string{"table2 on synth: nothing to draw, no run has a result"},
			reason: "said, not an empty output",
		},
		{
			cell: "draw a record", host: func(p *plan) { p.problem = "POST /v1/reproduction/draw" }, status: 1,
			stderr: "primewindow: error: no such thing\nhint: ask for another\n", reason: "the host's problem as it is",
		},
		{
			cell:   "show data",
			stdout: []string{"map[data:digits], 4 shown", "train 9 samples", "figures/digits.png", "zero, one"},
			reason: "what it holds, then the picture",
		},
		{
			cell: "show data like a run's", status: 1,
			stderr: "primewindow: error: a look at data like a run's\nhint: name the set, for example " +
				"wb.Data(\"digits\")\n",
			reason: "a run's data may be another process's",
		},
		{cell: "fresh", stdout: []string{"started over", "step 0, idle"}, reason: "the archived run's place is said"},
		{
			cell: "export", stdout: []string{"/out.csv\n"},
			reason: "the path from the root, since the host's folder is another",
		},
		{cell: "look inside", stdout: []string{"[2 3] [2 3] [2 3]"}, reason: "gradient, activation, samples"},
		{
			cell: "look inside", host: func(p *plan) { p.problem = "GET /v1/runs/first/activation" }, status: 1,
			stderr: "primewindow: error: no such thing\nhint: ask for another\n", reason: "the host's problem as it is",
		},
		{
			cell: "arrays", stdout: []string{"array [2 3], from 1 to 6.5, mean 3.583 [2 3] 3 1.75"},
			reason: "two modalities and the labels",
		},
		{
			cell: "to 3", host: func(p *plan) { p.other = "b.ipynb" },
			stdout: []string{"first: waiting, b.ipynb is stepping it", "first: step 3"},
			reason: "who waits is told for whom",
		},

		{
			cell: "bad name", status: 1,
			stderr: "primewindow: error: run name \"a/b\": want 1 to 64 letters, digits, dots, hyphens or " +
				"underscores\nhint: begin with a letter or a digit, for example \"first\"\n",
			reason: "said at the first verb, in two lines",
		},
		{
			cell: "no name", status: 1,
			stderr: "primewindow: error: a run without a name\nhint: name a run with wb.Open, for example " +
				"wb.Open(\"first\")\n",
			reason: "the zero value",
		},
		{
			cell: "nil run", status: 1,
			stderr: "primewindow: error: the run is nil\nhint: declare it above, with wb.Open\n", reason: "no panic",
		},
		{
			cell: "bad option", status: 1,
			stderr: "primewindow: error: first: setting beta: got []int, want a number, a string or a bool\nhint: " +
				"write the value itself, for example 0.5\n",
			reason: "an option's error is kept until a verb",
		},
		{
			cell: "set nothing", status: 1,
			stderr: "primewindow: error: first: Set: nothing to set\nhint: for example run.Set(wb.Beta(0.5))\n",
			reason: "an empty Set is a mistake",
		},
		{
			cell: "draw nothing", status: 1,
			stderr: "primewindow: error: draw: no run\nhint: name at least one: wb.Draw(\"trace\", run)\n",
			reason: "no empty figure",
		},
		{
			cell: "to -1", status: 1,
			stderr: "primewindow: error: first: step: got -1, want 0 or more\nhint: a run cannot go back; Fork makes " +
				"another one from any step it has taken\n",
			reason: "no negative target",
		},
		{
			cell: "probe", host: func(p *plan) { p.problem = "POST /v1/runs/first/probe" }, status: 1,
			stderr: "primewindow: error: no such thing\nhint: ask for another\n", reason: "the host's problem as it is",
		},
		{
			cell: "to 12", host: func(p *plan) { p.failAt = 5 }, status: 1, stdout: []string{"first: step 4,"},
			stderr: "primewindow: error: first: loss is NaN at step 5\nhint: lower the learning rate\n",
			reason: "how training failed",
		},
		{
			cell: "to 12", host: func(p *plan) { p.dieAt = 5 }, status: 1,
			stderr: "primewindow: error: first: the host ended at step 4\nhint: runs/host.log says why; run it " +
				"again: it goes on from what is on record\n",
			reason: "a stream without a last word",
		},
		{
			cell: "to 12", host: func(p *plan) { p.pauseAt = 5 }, status: 1,
			stderr: "primewindow: error: first: paused at step 4, before step 12\nhint: another client paused it, or " +
				"the host was stopped; run it again to go on\n",
			reason: "the cells after it rely on the target",
		},
		{
			cell: "show", host: func(p *plan) { p.host.Protocol = 2 }, status: 1,
			stderr: "primewindow: error: the host speaks protocol 2, this cell 1\nhint: `primewindow stop` ends it, " +
				"and the next cell starts the present one; restart the kernel if that is the older\n",
			reason: "another protocol is not guessed at",
		},
	} {
		t.Run(tt.cell+": "+tt.reason, func(t *testing.T) {
			f := startFake(t)
			if tt.host != nil {
				f.behave(tt.host)
			}
			stdout, stderr, status := runCell(t, tt.cell)
			if status != tt.status || stderr != tt.stderr {
				t.Errorf(
					"status %d, want %d\nstderr %q\nwant   %q\nreason: %s", status, tt.status, stderr, tt.stderr,
					tt.reason,
				)
			}
			rest := stdout
			for _, want := range tt.stdout {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Errorf("stdout lacks %q after what comes before it:\n%s\nreason: %s", want, stdout, tt.reason)
				}
				rest = after
			}
			if tt.status != 0 && strings.Contains(stdout, "end of cell") {
				t.Error("the cell went on after an error")
			}
		})
	}
}

// waitFor asks again and again until what is wanted holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s still not: %s", what)
		}
	}
}

func TestInterruptPauses(t *testing.T) {
	f := startFake(t)
	const stepTime = 5 * time.Millisecond
	f.behave(func(p *plan) { p.stepTime = stepTime })
	cmd := cellCommand(t, "to 1000000")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "three steps", func() bool { return f.status("first").Step >= 3 })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_ = cmd.Wait() // the status is looked at below
	s := f.status("first")
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("status %d, want 130, so that a notebook that runs all cells stops", got)
	}
	want := fmt.Sprintf("primewindow: interrupted: first is paused at step %d\n", s.Step)
	if stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
	if took := time.Since(began); took > 4*time.Second { // the kernel kills a cell after 5 s
		t.Errorf("took %v to stop", took)
	}
	time.Sleep(20 * stepTime)
	if now := f.status("first"); now.State != wire.Idle || now.Step != s.Step {
		t.Errorf("run is %s at step %d, want idle at %d: the interrupt must pause it", now.State, now.Step, s.Step)
	}
	if !strings.Contains(stdout.String(), fmt.Sprintf("first: step %d", s.Step)) {
		t.Errorf("stdout does not say where the run is, at %d:\n%s", s.Step, &stdout)
	}
	for _, c := range f.calls() {
		if strings.Contains(c, "/pause") {
			t.Errorf("the cell asked %q: that would pause another client's training too", c)
		}
	}
}

func TestContextSiblings(t *testing.T) {
	f := startFake(t)
	f.behave(func(p *plan) { p.stepTime = time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for f.status("first").Step < 3 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := first().ToContext(ctx, 1000000); !errors.Is(err, context.Canceled) {
		t.Errorf("ToContext: %v, want context.Canceled", err)
	}
	if s := f.status("first"); s.State != wire.Idle || s.Step < 3 {
		t.Errorf("run is %s at step %d, want idle at 3 or later", s.State, s.Step)
	}
	somewhere := f.status("first").Step + 2
	f.behave(func(p *plan) { p.pauseAt = somewhere })
	err := first().StepContext(t.Context(), 10)
	if p, ok := errors.AsType[*Problem](err); !errors.Is(err, ErrPaused) || !ok || p.Hint == "" {
		t.Errorf("StepContext of a run that somebody pauses: %v, want ErrPaused with a hint", err)
	}
	seen := 0
	if err := first().FollowContext(within(t, 10*time.Second), func(Event) { seen++ }); err != nil || seen != 3 {
		t.Errorf("FollowContext: %v after %d events, want nil after 3", err, seen)
	}
	if s, err := first().StatusContext(t.Context()); err != nil || s.Name != "first" {
		t.Errorf("StatusContext: %v, %v", s, err)
	}
}

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		want   string
		reason string
	}{
		{"problem", &Problem{Message: "a", Hint: "b"}, 1, "primewindow: error: a\nhint: b\n", "the two lines"},
		{
			"wrapped", fmt.Errorf("x: %w", &Problem{Message: "a", Hint: "b"}), 1, "primewindow: error: a\nhint: b\n",
			"what a person can act on, without the chain",
		},
		{
			"lines", &Problem{Message: "a\nb", Hint: "c\r\nd"}, 1, "primewindow: error: a; b\nhint: c; d\n",
			"one line each, whatever comes",
		},
		{
			"plain", errors.New("workbench: got 1, want 2"), 1,
			"primewindow: error: got 1, want 2\nhint: runs/host.log may say more\n", "every error has a hint",
		},
		{"interrupt", context.Canceled, 130, "primewindow: interrupted\n", "a verb that trains nothing"},
		{
			"interrupt in training", &interruptedError{"first is paused at step 4", context.Canceled}, 130,
			"primewindow: interrupted: first is paused at step 4\n", "says where",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if status := reportProblem(&b, tt.err); status != tt.status || b.String() != tt.want {
				t.Errorf("report: %d %q, want %d %q\nreason: %s", status, b.String(), tt.status, tt.want, tt.reason)
			}
		})
	}
}

func TestFigureFile(t *testing.T) {
	f := startFake(t)
	if _, stderr, status := runCell(t, "draw"); status != 0 {
		t.Fatal(stderr)
	}
	got, err := os.ReadFile(filepath.Join(f.status("first").Dir, "figures", "trace.png"))
	if err != nil || string(got) != "\x89PNG picture" {
		t.Errorf("figure in the first run's folder: %q, %v", got, err)
	}
	calls := f.calls()
	if want := "GET /v1/figure?kind=trace&run=first&run=null"; len(calls) != 1 || calls[0] != want {
		t.Errorf("calls %q, want %q", calls, want)
	}
}
