package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestBadCommandLine gives the program words that it does not know. Each costs one line and a hint, makes no
// folder, and leaves a run that is there as it was.
func TestBadCommandLine(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(t, small("-epochs", "1", "-out", "there")...)
	s.write(t, "other/notes.txt", []byte("mine"))
	s.write(t, "file", []byte("a file"))
	before := fingerprint(t, s.dir)
	set := func(assignment string) []string { return small("-epochs", "1", "-out", "new", "-set", assignment) }
	for _, tt := range []struct {
		name    string
		args    []string
		message string
		hint    string
		reason  string
	}{
		{"command", []string{"trian"}, `unknown command "trian"`, "run, show", "the list is short"},
		{
			"command, as a flag", []string{"-verbose"}, `unknown command "-verbose"`, "run, show",
			"flags come after the command",
		},
		{"flag", small("-epoch", "1", "-out", "new"), "-epoch", "run -h", "flags are listed by -h"},
		{
			"flag after an operand", []string{"show", "there", "-jsn"}, "-jsn", "show -h",
			"flags are read behind operands too",
		},
		{"operand", small("-out", "new", "there"), `unexpected "there"`, "-out DIR", "run takes flags only"},
		{"no operand", []string{"show"}, "0 operands, want 1", "show DIR", "a run has to be named"},
		{"no folder", small(), "no folder", "-out", "nothing is made by default"},
		{"number", small("-epochs", "many", "-out", "new"), `"many"`, "run -h", "not a number"},
		{
			"step to probe", []string{"probe", "there", "-at", "-1"}, "-at: got -1, want 0 or more",
			"without it, the last one", "not the last step, which no number asks for",
		},
		{
			"step to fork at", []string{"run", "-fork", "there", "-at", "-1", "-out", "new"},
			"-at: got -1, want 0 or more", "-fork", "a run begins at step 0",
		},
		{
			"step of no fork", small("-at", "1", "-epochs", "1", "-out", "new"), "-at without -fork",
			"-fork names the run", "it would be ignored",
		},
		{
			"time below nothing", []string{"reproduce", "-verify", "there", "-within", "-5s"}, "-within: got -5s",
			"-within:", "it would be no limit",
		},
		{
			"a modality twice", small("-set", "modalities=audio,audio", "-epochs", "1", "-out", "new"),
			`got "audio,audio", which names audio twice`, "modalities: names joined by commas",
			"it would be trained on once",
		},
		{
			"no modality", small("-set", "modalities=,", "-epochs", "1", "-out", "new"),
			`got ",", in which a name is missing`, "empty: all", "it would be trained on all",
		},
		{
			"a modality missing", small("-set", "modalities=audio,", "-epochs", "1", "-out", "new"),
			`got "audio,", in which a name is missing`, "empty: all", "the other was forgotten",
		},
		{
			"a modality of blanks", small("-set", "modalities= ", "-epochs", "1", "-out", "new"),
			"in which a name is missing", "empty: all", "not all of them",
		},
		{
			"no epochs", small("-epochs", "-1", "-out", "new"), "epochs: got -1", "epochs:",
			"0 is the default, less is nothing",
		},
		{"seed", small("-seed", "-1", "-out", "new"), "seed: got -1", "seed:", "seeds begin at 0"},
		{
			"data", small("-data", "synht", "-out", "new"), `unknown data "synht"`, "did you mean synth?",
			"letters exchanged",
		},
		{
			"method", small("-method", "infreg", "-out", "new"), `unknown method "infreg"`, "did you mean inforeg?",
			"a letter left out",
		},
		{"setting", set("lr_stop=3"), `unknown setting "lr_stop"`, "did you mean lr_step", "one letter"},
		{
			"setting of the data", set("data.trian=12"), `unknown setting "data.trian"`, "did you mean data.train",
			"letters exchanged",
		},
		{"setting of another method", set("beta=1"), `unknown setting "beta"`, "", "joint has no β"},
		{"no value", set("lr"), `"lr", want name=value`, "run -h", "an assignment"},
		{"value", set("lr=fast"), `lr: got "fast", want a number`, "lr: learning rate", "not a number"},
		{
			"value out of bounds", set("lr=1e30"), "lr: got 1e+30, want between 0 and 100", "lr: learning rate",
			"bounds are checked before training",
		},
		{"not finite", set("lr=NaN"), "want a finite number", "lr: learning rate", "NaN compares with no bound"},
		{"modality", set("modalities=audio,vidio"), `unknown modality "vidio"`, "did you mean audio?", "the nearest"},
		{
			"encoder of no modality", set("encoder.vidio=cnn2d:4"), `unknown setting "encoder.vidio"`,
			"did you mean encoder.audio", "encoders are settings",
		},
		{"encoder", set("encoder.audio=cnn3d:4"), "cnn3d:4", "for example cnn2d:", "no such kind"},
		{
			"encoder of the wrong axes", set("encoder.audio=cnn1d:4"), "want 1 spatial axes", "for example cnn2d:",
			"a spectrogram has two",
		},
		{
			"encoder's option", set("encoder.audio=cnn2d:4,kernel=4"), `kernel "4"`, "for example cnn2d:",
			"an even kernel has no middle",
		},
		{
			"batch", set("batch=49"), "batch of 49: the training split of synth has 48 samples", "smaller batch",
			"an epoch would have no step",
		},
		{"file for a folder", small("-out", "file"), "not a folder", "name a run's folder", "never overwritten"},
		{"below a file", small("-out", "file/new"), "not a folder", "name a run's folder", "it cannot be made"},
		{
			"folder of something else", small("-out", "other"), "not a run: it holds notes.txt", "empty folder",
			"never mixed with other files",
		},
		{"folder that cannot be made", small("-out", "/proc/new"), "/proc/new", "cannot be made", "not even by root"},
		{
			"settings that differ", small("-epochs", "1", "-out", "there", "-set", "batch=8", "-set", "lr=1"),
			"batch is 16 there, 8 here; lr is 0.05 there, 1 here", "-change", "all differences in one line",
		},
		{
			"seed that differs", small("-epochs", "1", "-out", "there", "-seed", "4"), "seed is 0 there, 4 here",
			"another name", "another run",
		},
		{
			"method that differs", small("-epochs", "1", "-out", "there", "-method", "inforeg"),
			"method is joint there, inforeg here", "another name", "its settings are listed with it",
		},
		{
			"change of what is fixed", small("-epochs", "1", "-out", "there", "-change", "batch=8"),
			"cannot change in the middle of a run", "another run", "the order of samples hangs on it",
		},
		{
			"change of nothing known", small("-epochs", "1", "-out", "there", "-change", "rate=1"),
			`unknown setting "rate"`, "", "as with -set",
		},
		{
			"fork beyond the end", []string{"run", "-fork", "there", "-at", "9", "-out", "new"}, "there is at step 3",
			"train there there first", "that step was not taken",
		},
		{
			"fork of nothing", []string{"run", "-fork", "nowhere", "-at", "1", "-out", "new"},
			"nowhere: it has no manifest.json", "primewindow ps", "as with show",
		},
		{
			"fork into something else", []string{"run", "-fork", "there", "-at", "1", "-out", "other"},
			"not a run: it holds notes.txt", "empty folder", "never mixed with other files",
		},
		{
			"fork with what is fixed", []string{"run", "-fork", "there", "-at", "1", "-seed", "3", "-out", "new"},
			"seed is 0 in there", "from the start", "the past has seed 0",
		},
		{"run", []string{"show", "nowhere"}, "no run in nowhere", "primewindow ps", "a folder that is not there"},
		{"run that is a file", []string{"show", "file"}, "not a folder", "name a run's folder", "a file"},
		{
			"run without a manifest", []string{"show", "other"}, "no run in other", "primewindow ps",
			"a folder of something else",
		},
		{
			"figure", []string{"show", "there", "-figure", "tracs", "-out", "new.png"}, `unknown figure "tracs"`,
			"did you mean trace?", "one letter",
		},
		{
			"figure without a file", []string{"show", "there", "-figure", "trace"}, "no file", "-out trace.png",
			"a picture is not for a terminal",
		},
		{
			"figure nowhere", []string{"show", "there", "-figure", "trace", "-out", "new/f.png"}, "new/f.png",
			"a folder that is there", "folders are not made for it",
		},
		{"two tables", []string{"show", "there", "there"}, "several runs", "-figure", "only drawn together"},
		{
			"figure that is measured anew", []string{"show", "there", "-figure", "samples", "-out", "new.png"},
			"samples: they are measured anew", "primewindow probe RUN -kind samples", "records do not hold the samples",
		},
		{
			"figure of what was not measured", []string{"show", "there", "-figure", "true", "-out", "new.png"},
			"trace of there: nothing on record yet", "every.fisher_true", "not in the preset",
		},
		{
			"schedule", set("every.share=sometimes"), `every.share: inforeg: schedule "sometimes", want never`,
			"8 steps", "not a schedule",
		},
		{
			"preset", set("probes=everything"), `probes: got "everything", want one of economy, full, none, standard`,
			"probes: ", "there are four",
		},
		{
			"schedule of nothing", set("every.cosin=epoch"), `unknown setting "every.cosin"`,
			"did you mean every.cosine", "one letter",
		},
		{
			"draws", set("probe_draws=0"), "probe_draws: got 0, want between 1 and 64", "probe_draws: ",
			"nothing would be measured",
		},
		{"probe of no run", []string{"probe"}, "0 operands, want 1", "probe DIR", "a run has to be named"},
		{"probe of nothing", []string{"probe", "nowhere"}, "no run in nowhere", "primewindow ps", "as with show"},
		{
			"probe beyond the end", []string{"probe", "there", "-at", "9"}, "there is at step 3", "a step it has taken",
			"that step was not taken",
		},
		{
			"probe before the start", []string{"probe", "there", "-at", "-2"}, "-at: got -2, want 0 or more",
			"step to measure at", "no such step",
		},
		{
			"probe of an unknown kind", []string{"probe", "there", "-kind", "fisher_tru"}, `unknown probe "fisher_tru"`,
			"did you mean fisher_true", "one letter",
		},
		{
			"unknown statistics", []string{"probe", "there", "-bn", "frozen"},
			`bn "frozen", want one of [recalibrated eval const coupled share]`, "for example", "the list is short",
		},
		{
			"unknown estimator", []string{"probe", "there", "-estimator", "gauss"},
			`estimator "gauss", want one of [exact rademacher balanced]`, "for example", "the list is short",
		},
		{
			"labels of eq. 7", []string{"probe", "there", "-labels", "sampled"}, `labels "sampled" with fisher_emp`,
			"fisher_true", "its labels are observed",
		},
		{
			"probe of one sample", []string{"probe", "there", "-samples", "1"}, "probe of 1 samples, want 2 to 48",
			"two", "no standard error",
		},
		{
			"probe of too many samples", []string{"probe", "there", "-samples", "999999"},
			"probe of 999999 samples, want 2 to 48", "no more training samples", "there are 48",
		},
		{
			"balance of an odd number",
			[]string{"probe", "there", "-bn", "coupled", "-estimator", "balanced", "-samples", "9"},
			"balanced signs for 9 samples, want an even number", "even number of samples", "half plus, half minus",
		},
		{
			"more batches than are kept", []string{"probe", "there", "-kind", "cosine", "-batches", "40"},
			"cosine of 40 batch gradients: 3 are kept", "2 to 16", "three steps were taken",
		},
		{
			"batches of a trace", []string{"probe", "there", "-batches", "40"},
			"fisher_emp: it has no number of batches", "cosine", "that is a cosine's",
		},
		{
			"statistics of a cosine", []string{"probe", "there", "-kind", "cosine", "-bn", "eval"},
			"cosine: it has no loss, labels, statistics", "fisher_emp", "its gradients are those of the steps",
		},
		{
			"samples without a file", []string{"probe", "there", "-kind", "samples"}, "no file for the picture",
			"-out samples.png", "a picture is not for a terminal",
		},
		{
			"statistics of samples", []string{"probe", "there", "-kind", "samples", "-bn", "eval", "-out", "new.png"},
			"in the run's own definition", "-at and -out", "silence would draw something else",
		},
		{
			"file of another kind", []string{"probe", "there", "-kind", "noise", "-out", "new.png"},
			"-out belongs to -kind samples", "primewindow show", "its numbers are printed",
		},
		{
			"format", []string{"export", "there", "-format", "onnx", "-out", "new"}, `unknown format "onnx"`,
			"safetensors, csv, tensorboard", "the three there are",
		},
		{"export without a file", []string{"export", "there"}, "no file", "-out", "nothing by default"},
		{
			"export of nothing", []string{"export", "nowhere", "-out", "new"}, "no run in nowhere", "primewindow ps",
			"as with show",
		},
		{
			"export nowhere", []string{"export", "there", "-format", "csv", "-out", "/proc/new/f.csv"}, "/proc/new",
			"folder that can be made", "not even by root",
		},
		{"data verb", []string{"data", "lst"}, `unknown "lst"`, "data list", "list or fetch"},
		{"fetch of nothing", []string{"data", "fetch"}, "no set", "data fetch digits", "a set has to be named"},
		{
			"fetch of a made set", []string{"data", "fetch", "synth"}, `cannot fetch "synth"`, "made, not downloaded",
			"synth needs no files",
		},
		{
			"fetch of an unknown set", []string{"data", "fetch", "imagenet"}, `cannot fetch "imagenet"`, "only digits",
			"the only one",
		},
		{
			"idle time", []string{"host", "-idle", "0s"}, "-idle 0s, want a positive duration", "-idle 2h",
			"it would leave at once",
		},
		{"pause without a host", []string{"stop", "there"}, "no host is running", "", "nothing to pause"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.play(t, tt.args...)
			checkProblem(t, p, tt.message, tt.hint)
			if n := strings.Count(p.err, "\n"); n != 2 {
				t.Errorf("%d lines, want the error and the hint alone:\n%s", n, p.err)
			}
			if after := fingerprint(t, s.dir); after != before {
				t.Error("files have changed")
				before = after
			}
			if t.Failed() {
				t.Log("reason:", tt.reason)
			}
		})
	}
}

// TestBadPlugin: without the plugin, and with a file that is none, a run neither begins nor makes a folder.
func TestBadPlugin(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	const file = "pjrt_c_api_cpu_plugin.so"
	s.write(t, "text/"+file, []byte("no library\n"))
	s.write(t, "empty/"+file, nil)
	if err := os.Mkdir(s.path("none"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(s.path("folder", file), 0o755); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable() // an ELF file that is no plugin
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.path("elf"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, s.path("elf", file)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		env     []string
		message string
		hint    string
		reason  string
	}{
		{
			"missing", []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("none")},
			`no XLA plugin "cpu": no file ` + file + " in " + s.path("none"), "make lab", "it was not installed",
		},
		{
			"folder", []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("folder")}, `no XLA plugin "cpu"`, "make lab",
			"no file of that name",
		},
		{
			"text", []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("text")},
			s.path("text", file) + ": not a shared library", "not a PJRT plugin", "a page saved under the name",
		},
		{
			"empty", []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("empty")},
			s.path("empty", file) + ": not a shared library", "not a PJRT plugin", "a download that never began",
		},
		{
			"another library", []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("elf")},
			s.path("elf", file) + ": it does not export GetPjrtApi", "not a PJRT plugin", "it loads, but is none",
		},
		{
			"path of nothing", []string{"GOMLX_BACKEND=xla:" + s.path("gone.so")}, s.path("gone.so") + ": no such file",
			"PJRT plugin", "a path in GOMLX_BACKEND",
		},
		{
			"no CUDA", []string{"GOMLX_BACKEND=xla:cuda"}, `no XLA plugin "cuda"`, "BACKEND=cuda make lab",
			"asked for, not installed",
		},
		{
			"no such backend", []string{"GOMLX_BACKEND=tpu"}, `backend "tpu"`, "xla:cpu or xla:cuda",
			"GOMLX_BACKEND is the user's",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.env = tt.env
			before := fingerprint(t, s.dir)
			p := s.play(t, small("-epochs", "1", "-out", "new")...)
			checkProblem(t, p, tt.message, tt.hint)
			if n := strings.Count(p.err, "\n"); n != 2 {
				t.Errorf("%d lines, want the error and the hint alone:\n%s\nreason: %s", n, p.err, tt.reason)
			}
			if fingerprint(t, s.dir) != before {
				t.Error("files have changed")
			}
		})
	}
}

// TestBadSocketFolder puts a file where the socket's folder belongs.
func TestBadSocketFolder(t *testing.T) {
	s := newStage(t)
	t.Setenv("XDG_RUNTIME_DIR", s.path("x"))
	folder := filepath.Dir(wire.SocketPath(s.path("p")))
	if filepath.Dir(folder) != s.path("x") {
		t.Fatalf("the socket's folder is %s, want it in %s", folder, s.path("x"))
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	checkProblem(t, s.play(t, "host"), "socket folder: "+folder+" is a file, want a folder", "set XDG_RUNTIME_DIR")
}

// TestBadFolder spoils the manifest of a run. The folder stays as it is found.
func TestBadFolder(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(t, small("-epochs", "1", "-out", "there")...)
	manifest := s.read(t, "there", "manifest.json")
	for _, tt := range []struct {
		name    string
		text    string
		message string
		hint    string
		reason  string
	}{
		{
			"newer schema", strings.Replace(manifest, `"schema": 2`, `"schema": 3`, 1),
			"schema 3, this program knows up to 2", "newer version", "it may mean other things",
		},
		{
			"newer and different", `{"schema": 3, "settings": [], "data": 5}`, "schema 3", "newer version",
			"what it holds is not read",
		},
		{
			"truncated", manifest[:len(manifest)/2], "manifest.json: unexpected end of JSON input", "damaged",
			"a copy that was cut off",
		},
		{"empty", "", "manifest.json: unexpected end of JSON input", "damaged", "a copy that never began"},
		{"another file", "{}", "manifest.json: not a run's manifest", "damaged", "JSON, but no settings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.write(t, "there/manifest.json", []byte(tt.text))
			before := fingerprint(t, s.dir)
			for _, args := range [][]string{
				small("-epochs", "1", "-out", "there"), {"show", "there"}, {"export", "there", "-out", "new"},
				{"run", "-fork", "there", "-at", "1", "-out", "new"},
			} {
				p := s.play(t, args...)
				checkProblem(t, p, tt.message, tt.hint)
				if fingerprint(t, s.dir) != before {
					t.Errorf("primewindow %s has changed files\nreason: %s", args[0], tt.reason)
				}
			}
		})
	}
}

// TestNotFinite: a run whose numbers overflow stops before the bad update and says which number it was. Run again
// it stands there still; forked at an earlier step, as the hint says, it goes on.
func TestNotFinite(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	wild := small("-epochs", "4", "-set", "lr=100", "-set", "weight_decay=10", "-out", "wild")
	p := s.play(t, wild...)
	checkProblem(t, p, "was not taken: enc.", "run -fork DIR -at STEP -set lr=VALUE")
	metrics := s.read(t, "wild", "metrics.jsonl")
	n := strings.Count(metrics, "\n")
	if n < 2 || n >= 4*smallEpoch || strings.Contains(metrics, "NaN") || strings.Contains(metrics, "Inf") {
		t.Fatalf("want at least two steps on record and fewer than all, each finite:\n%s", metrics)
	}
	checkProblem(t, s.play(t, wild...), "was not taken: enc.", "-fork")
	if again := s.read(t, "wild", "metrics.jsonl"); again != metrics {
		t.Errorf("run again, the record is\n%s\nwant\n%s", again, metrics)
	}
	s.must(t, "show", "wild")
	tame := []string{
		"run", "-fork", "wild", "-at", "1", "-set", "lr=0.001", "-set", "weight_decay=0", "-epochs", "4", "-out",
		"tame",
	}
	s.must(t, tame...)
	got := s.read(t, "tame", "metrics.jsonl")
	if first, _, _ := strings.Cut(metrics, "\n"); !strings.HasPrefix(got, first+"\n") ||
		strings.Count(got, "\n") != 4*smallEpoch {
		t.Errorf("the fork's record is\n%s\nwant %d steps, the first being\n%s", got, 4*smallEpoch, first)
	}
	if p := s.must(t, tame...); !strings.Contains(p.err, "is done") || s.read(t, "tame", "metrics.jsonl") != got {
		t.Errorf("the same fork again: %s", p.err)
	}
}

// TestChange: a setting changed on the command line is on record with its step, once.
func TestChange(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(t, small("-epochs", "1", "-out", "r")...)
	for range 2 {
		s.must(t, small("-epochs", "2", "-out", "r", "-change", "lr=0.01")...)
	}
	events := s.read(t, "r", "events.jsonl")
	if n := strings.Count(events, `"step":3,"event":"set","name":"lr","old":0.05,"new":0.01`); n != 1 ||
		strings.Count(events, `"name":"lr"`) != 1 {
		t.Errorf("events:\n%s\nwant one change of lr at step 3", events)
	}
	plain := bytes.Count([]byte(s.must(t, "show", "r").out), []byte("step 3: lr 0.05 → 0.01\n"))
	if plain != 1 {
		t.Error("show does not tell the change")
	}
}
