package workbench

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestDeclaration(t *testing.T) {
	wd, err := filepath.Abs("clips")
	if err != nil {
		t.Fatal(err)
	}
	step, epoch := 40, 0
	for _, tt := range []struct {
		name   string
		run    *Run
		smoke  string
		want   wire.Declaration
		reason string
	}{
		{
			"nothing", Open("a"), "", wire.Declaration{Settings: map[string]any{}},
			"what is not named is the host's default",
		},
		{"zeros", Open("a", LR(0), Beta(0), Seed(0), Regulate(false), When(FisherEmp, Never)), "",
			wire.Declaration{
				Settings: map[string]any{
					"lr": 0.0, "beta": 0.0, "seed": 0, "regulate": false, "every.fisher_emp": "never",
				},
			},
			"a zero is not an unset setting"},
		{"all", Open(
			"a", Data("digits"), Dir("clips"), InfoReg(Beta(1), K(0.1)), Batch(32), Epochs(3), Momentum(0.5),
			WeightDecay(1e-3), Modalities("audio", "visual"), Encoder("visual", "resnet18"), With("lr_step", 10),
		), "",
			wire.Declaration{Settings: map[string]any{
				"data": "digits", "dir": wd, "method": "inforeg", "beta": 1.0, "k": 0.1, "batch": 32, "epochs": 3,
				"momentum":     0.5,
				"weight_decay": 1e-3, "modalities": "audio,visual", "encoder.visual": "resnet18", "lr_step": 10,
			}}, "each under the name it has in the host's table"},
		{"schedules", Open(
			"a", Probes("full"), When(Share, EverySteps(8)), When(SignSums, Log), When(DrawnLabels, Never),
			When(Noise, EveryEpochs(2)), When(Motion, PerDecade(5)),
		), "",
			wire.Declaration{Settings: map[string]any{
				"probes": "full", "every.share": "8 steps", "every.signs": "log", "every.labels": "never",
				"every.noise": "2 epochs", "every.motion": "5 per decade",
			}}, "a preset, and single parts of it in the host's words"},
		{"once", Open("a", When(FisherEmp, EverySteps(1)), When(Cosine, EveryEpochs(1)), ShuffledLabels()), "",
			wire.Declaration{
				Settings: map[string]any{
					"every.fisher_emp": "1 steps", "every.cosine": "1 epochs", "shuffle_labels": true,
				},
			},
			"the host reads 1 steps as it reads 1 step"},
		{
			"twice", Open("a", Beta(1), Beta(2)), "", wire.Declaration{Settings: map[string]any{"beta": 2.0}},
			"the later counts",
		},
		{
			"method", Open("a", InfoReg(), Joint()), "", wire.Declaration{Settings: map[string]any{"method": "joint"}},
			"the later counts",
		},
		{
			"like", Open("b", Like(Open("a", LR(1))), LR(0)), "",
			wire.Declaration{Settings: map[string]any{"lr": 0.0}, Like: "a"}, "the host knows a's settings",
		},
		{
			"fork at step", Open("a").Fork("b", Step(40), Regulate(false)), "",
			wire.Declaration{Settings: map[string]any{"regulate": false}, Fork: &wire.Fork{Run: "a", Step: &step}},
			"only what changes",
		},
		{
			"fork at epoch", Open("a").Fork("b", Epoch(0)), "",
			wire.Declaration{Settings: map[string]any{}, Fork: &wire.Fork{Run: "a", Epoch: &epoch}},
			"epoch 0 is an epoch",
		},
		{"smoke", Open("a", With("data.train", 64)), "1", wire.Declaration{Settings: map[string]any{
			"data.train": 64, "data.val": 48, "data.test": 48, "batch": 16, "probe_samples": 32, "linear_samples": 64,
		}}, "small in all that was not asked for"},
		{
			"smoke on real data", Open("a", Data("digits")), "1",
			wire.Declaration{Settings: map[string]any{"data": "digits"}}, "only made data can be made small",
		},
		{
			"smoke of a fork", Open("a").Fork("b", Epoch(0)), "1",
			wire.Declaration{Settings: map[string]any{}, Fork: &wire.Fork{Run: "a", Epoch: &epoch}},
			"its parent is small already",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PRIMEWINDOW_SMOKE", tt.smoke)
			if err := tt.run.check(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.run.declaration()); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

func TestDeclarationErrors(t *testing.T) {
	a := Open("a")
	loop := Open("loop")
	for _, tt := range []struct {
		name   string
		run    *Run
		want   string
		reason string
	}{
		{"name", Open("../a"), "run name", "a run's name becomes a folder's"},
		{
			"type", Open("a", With("x", struct{}{})), "a: setting x: got struct {}, want a number, a string or a bool",
			"only plain values cross the socket",
		},
		{
			"modality twice", Open("a", Modalities("audio", "audio")), "a: Modalities: audio is named twice",
			"it would be trained on once",
		},
		{
			"modality without a name", Open("a", Modalities("")), `a: Modalities: name 1 is ""`,
			"it would be trained on all",
		},
		{"modalities in one name", Open("a", Modalities("audio,")), `a: Modalities: name 1 is "audio,"`, "likewise"},
		{"unnamed setting", Open("a", With("", 1)), "a: a setting without a name", "nothing to set"},
		{"nil option", Open("a", nil), "a: option 1 is nil", "no panic"},
		{"nil option of a method", Open("a", InfoReg(nil)), "a: InfoReg: an option is nil", "no panic"},
		{"like nil", Open("a", Like(nil)), "a: Like: the run is nil", "no panic"},
		{"first of two", Open("a", Like(nil), With("", 1)), "a: Like: the run is nil", "the first error is kept"},
		{"fork like", a.Fork("b", Epoch(1), Like(a)), "b: a fork has its parent's settings already", "two origins"},
		{"fork of nil", (*Run)(nil).Fork("b", Epoch(1)), "b: fork of a run that is nil", "no panic"},
		{"fork nowhere", a.Fork("b", At{}), "b: fork at no step", "the zero value is no point"},
		{
			"fork before the start", a.Fork("b", Epoch(-1)), "b: fork at epoch -1: want 0 or more",
			"a run begins at step 0",
		},
		{"fork of itself", a.Fork("a", Step(1)), "a: a fork of itself", "one folder"},
		{
			"fork of a broken one", loop.Fork("b", Step(1), With("", 1)), "b: a setting without a name",
			"a fork's own options are checked too",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			startFake(t)
			_, err := tt.run.StatusContext(t.Context())
			p, ok := errors.AsType[*Problem](err)
			if !ok || !strings.HasPrefix(p.Message, tt.want) || p.Hint == "" {
				t.Errorf(
					"StatusContext: %v, want a problem with a hint that begins %q\nreason: %s", err, tt.want, tt.reason,
				)
			}
		})
	}
}

// TestProbeOptions: what a cell asks for is what crosses the socket; what it does not name is left to the host.
func TestProbeOptions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kind    ProbeKind
		options []ProbeOption
		want    string
		reason  string
	}{
		{"plain", FisherEmp, nil, `{"kind":"fisher_emp"}`, "the run's own definition"},
		{"of a cosine", Cosine, []ProbeOption{LastBatches(4)}, `{"kind":"cosine","batches":4}`, ""},
		{
			"true", FisherTrue, []ProbeOption{SampledLabels(16), OnSamples(64)},
			`{"kind":"fisher_true","labels":"sampled","draws":16,"samples":64}`, "",
		},
		{
			"signs", FisherEmp, []ProbeOption{Statistics("coupled"), Signs("balanced", 8)},
			`{"kind":"fisher_emp","bn":"coupled","estimator":"balanced","draws":8}`, "",
		},
		{
			"loss", FisherEmp, []ProbeOption{OfLoss("unimodal"), WeightsOnly},
			`{"kind":"fisher_emp","loss":"unimodal","weights":true}`, "an option without an argument is a value",
		},
		{
			"whole model", FisherEmp, []ProbeOption{WholeModel}, `{"kind":"fisher_emp","whole":true}`,
			"of all encoders and the head",
		},
		{
			"twice", FisherEmp, []ProbeOption{OnSamples(8), OnSamples(4)}, `{"kind":"fisher_emp","samples":4}`,
			"the later counts",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := startFake(t)
			if _, err := first().ProbeContext(t.Context(), tt.kind, tt.options...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"POST /v1/runs/first/probe " + tt.want}, f.calls()); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

func TestAttachDeclaresOriginsFirst(t *testing.T) {
	f := startFake(t)
	a := Open("a", Seed(1))
	b := a.Fork("b", Epoch(2))
	if _, err := b.Fork("c", Step(3)).StatusContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var puts []string
	for _, call := range f.asked {
		if rest, ok := strings.CutPrefix(call, "PUT /v1/runs/"); ok {
			puts = append(puts, rest[:1])
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, puts); diff != "" {
		t.Errorf("runs as they were declared (-want +got)\n%s", diff)
	}
}

func TestDeclaredByItself(t *testing.T) {
	startFake(t)
	a, b := Open("a"), Open("b")
	a.decl.like, b.decl.like = b, a // a later cell that declares a anew can do this
	_, err := a.StatusContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "declared by itself") {
		t.Errorf("StatusContext: %v, want that the runs are declared by each other", err)
	}
}

func TestDeclarationsDoNothing(t *testing.T) {
	f := startFake(t)
	run := Open("a", Data("synth"), InfoReg())
	_ = run.Fork("b", Epoch(1), Beta(0))
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) > 0 {
		t.Errorf("the host was asked %q, want nothing before a verb", f.asked)
	}
}
