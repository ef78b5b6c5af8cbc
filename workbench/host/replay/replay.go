package replay

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// replay is a method applied to given weights and batches, by the engine that trains runs.
type replay struct {
	spec     *replaySpec
	form     method.Replay // how the spec asks for the method
	settings setting.Values
	eng      *engine.Engine
	inputs   map[string]encoderInput
	weights  map[string][]float32 // of every variable, by name, in this program's layout
	batches  []*data.Batch        // one a step
	noise    [][]*tensors.Tensor  // by step
	probe    *data.Batch          // samples of traces and probes; nil without
	proto    *data.Batch          // samples of prototypes; nil without

	// What the steps change: the state, what the method decided for the epoch, and the sums and traces that
	// windows read.
	st       engine.State
	controls map[string]float64
	released map[string]inforeg.Released
	traces   map[string]map[string][]float64 // by kind and modality, one value for each epoch that has ended
}

// Run reads a method's settings, weights and batches from a folder, takes one step for each batch, and writes weights
// and scalars after every step into another: how any other implementation can be compared with this one. Nothing is
// written when something is wrong with what was read. progress hears of each step.
//
// The folder holds three files. weights.safetensors has every variable in PyTorch's names and layouts, batch-norm
// averages included: enc.MODALITY.*, head.*, and aux.MODALITY.* for classifiers of their own. batches.npz has
// x.MODALITY, [steps, B, ...] in PyTorch's layouts, and y, [steps, B]; probe_x.*, probe_y for traces; proto_x.*,
// proto_y for PMR's prototypes; noise.VARIABLE for OGM-GE, of encoders; others are refused. A state_dict may be saved
// as it is: in half precision, with num_batches_tracked, which is passed over, and with module. or _orig_mod. before
// every name. spec.json has the keys
// below and no others; a key that stands twice, and null, are refused
//
//	model       modalities (in order), classes, fusion, hidden, aux, and encoders: by modality type cnn1d, cnn2d, resnet18
//	            or transformer, with channels, kernel, norm, width, small_stem, in, length, dim, heads, layers, mlp
//	method, hp  joint, joint_star, gblend (of given weights), ogm, pmr, agm, mmpareto, inforeg or slow, and its options
//	optimizer   lr, momentum, weight_decay, step and gamma (the rate times gamma every so many epochs; 0 never)
//	epoch_len   steps in an epoch; all by default
//	trace, given_trace, outputs (every, last), gradients, probes, dtype (float32, float64)
//
// What is written: weights.safetensors, STEP/NAME after each step; gradients.safetensors as handed to the optimizer;
// scalars.jsonl with a line for each epoch's start, step and epoch's end; probes.json for the initial weights.
func Run(ctx context.Context, project, dir, out string, progress func(step, steps int)) error {
	// All input is read and checked before the backend is opened: a mistake is told at once.
	r, err := openReplay(dir)
	if err != nil {
		return err
	}
	backend, err := xla.OpenBackend(project)
	if err != nil {
		return err
	}
	defer backend.Finalize()
	// The engine was made without one, to check the weights against its variables: a graph is compiled when it is
	// first called.
	r.eng.Backend = backend
	o, err := newReplayOut(filepath.Clean(out))
	if err != nil {
		return err
	}
	defer o.close()
	if err := r.run(ctx, o, progress); err != nil {
		return err
	}
	return o.finish()
}

// run takes the steps. The weights are those of weights.safetensors; momentum and the method's own variables begin at
// zeros. Tensors of a state never change, a step makes new ones: Drop frees those that the next state does not hold,
// and so keeps the weights of the epoch's start, which a state may share with the one before.
func (r *replay) run(ctx context.Context, o *replayOut, progress func(step, steps int)) error {
	for _, v := range r.eng.Vars {
		r.st.Vars = append(r.st.Vars, r.tensor(r.weights[v.Name], v.Shape))
	}
	for _, v := range r.eng.Trainable {
		r.st.Momentum = append(r.st.Momentum, r.tensor(make([]float32, v.Size()), v.Shape))
	}
	for _, v := range r.eng.Carried {
		r.st.Carried = append(r.st.Carried, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	if r.spec.Probes {
		if err := r.writeProbes(o); err != nil {
			return err
		}
	}
	steps := len(r.batches)
	weights, err := r.writer(o, weightsFile, r.eng.Vars, steps)
	if err != nil {
		return err
	}
	var gradients *models.SafetensorsWriter
	if r.spec.Gradients {
		if gradients, err = r.writer(o, gradientsFile, r.eng.Trainable, steps); err != nil {
			return err
		}
	}
	lines, err := o.create(scalarsFile)
	if err != nil {
		return record.DiskProblem(err)
	}
	epochLen := r.spec.EpochLen
	if epochLen == 0 {
		epochLen = steps
	}
	for step, batch := range r.batches {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		epoch, offset := step/epochLen, step%epochLen
		if offset == 0 {
			if err := r.epochStart(epoch, lines); err != nil {
				return err
			}
		}
		// The key is that of a run with seed 0: what a method draws in a step is the same in each replay.
		in := engine.StepInput{
			Batch: batch, Controls: r.eng.ControlVector(r.settings, r.controls, epoch),
			Key: [3]uint64{0, uint64(step) + 1, 0},
		}
		if r.noise != nil {
			in.Noise = r.noise[step]
		}
		next, got, err := r.eng.Step(r.st, in)
		if err != nil {
			return err
		}
		// What was written so far lies in a temporary folder, which is removed.
		if bad := r.eng.FirstBad(got); bad != "" {
			return &wire.Problem{
				Message: fmt.Sprintf("replay: step %d: %s would be NaN or Inf", step, bad),
				Hint:    "nothing was written; a smaller learning rate may help",
			}
		}
		r.st.Drop(next)
		r.st = next
		for _, m := range r.eng.Model.Modalities {
			acc := r.released[m.Name]
			acc.Add(r.eng.Trainable, models.EncoderPrefix(m.Name), got.GradSquares)
			r.released[m.Name] = acc
		}
		if err := r.writeStep(lines, step, epoch, got); err != nil {
			return err
		}
		if r.spec.Outputs == outputsEvery || step == steps-1 {
			if err := r.writeTensors(weights, step, r.eng.Vars, r.st.Vars); err != nil {
				return err
			}
			if gradients != nil {
				if err := r.writeTensors(gradients, step, r.eng.Trainable, got.Gradients); err != nil {
					return err
				}
			}
		}
		engine.Free(got.Gradients...)
		if offset == epochLen-1 || step == steps-1 {
			if err := r.epochEnd(epoch, lines); err != nil {
				return err
			}
		}
		progress(step+1, steps)
	}
	if gradients != nil {
		if err := gradients.Close(); err != nil {
			return err
		}
	}
	return weights.Close()
}

// writer begins a file of tensors, STEP/NAME in PyTorch's layouts. A safetensors file begins with a list of what it
// holds, so that all steps are announced before the first is taken. Then each tensor is written when it is there, and
// no step has to be kept.
func (r *replay) writer(
	o *replayOut, file string, vars []models.Variable, steps int,
) (*models.SafetensorsWriter, error) {
	var list []models.Tensor
	for step := range steps {
		if r.spec.Outputs == outputsLast && step < steps-1 {
			continue
		}
		for _, v := range vars {
			list = append(list, models.Tensor{Name: fmt.Sprintf("%d/%s", step, v.Name), Shape: v.TorchShape()})
		}
	}
	f, err := o.create(file)
	if err != nil {
		return nil, record.DiskProblem(err)
	}
	return models.NewSafetensorsWriter(f, list, nil)
}

// writeTensors writes the variables of a step, in the order in which writer has announced them.
func (r *replay) writeTensors(
	w *models.SafetensorsWriter, step int, vars []models.Variable, from []*tensors.Tensor,
) error {
	for i, v := range vars {
		values, err := floats(from[i])
		if err != nil {
			return err
		}
		if err := w.Write(fmt.Sprintf("%d/%s", step, v.Name), models.ToTorch(v, values).Values); err != nil {
			return record.DiskProblem(err)
		}
	}
	return nil
}

// writeStep writes the scalars of a step. Pairs that belong together become one entry. A method that weighs two losses
// records each share; they add up to 1, so the second of a pair is left out.
func (r *replay) writeStep(w io.Writer, step, epoch int, got engine.Outcome) error {
	line := map[string]any{"kind": "step", "step": step, "epoch": epoch}
	for i, name := range r.eng.Scalars {
		v := got.Scalars[i]
		switch {
		case strings.HasPrefix(name, "lambda.") && strings.HasSuffix(name, ".joint"):
			line[strings.TrimSuffix(name, ".joint")] = []float32{v, 1 - v}
		case strings.HasPrefix(name, "lambda."):
		case name == "leader":
			line[name] = r.spec.Model.Modalities[int(v)]
		default:
			line[name] = v
		}
	}
	return writeLine(w, line)
}

// writeLine writes one line of scalars.jsonl. A number that JSON cannot hold is an error that says where it is.
func writeLine(w io.Writer, line map[string]any) error {
	text, err := record.Encode(fmt.Sprintf("replay: %v of epoch %v", line["kind"], line["epoch"]), line)
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return err
}

// epochStart lets the method decide. A given trace is cut to the epochs that have ended, as a measured one would be:
// the method must not see what is to come. The copy of the traces keeps the given one out of those that are measured
// here. Then the method's own variables are replaced by what it carries on, and the weights are noted from which a
// penalty holds back.
func (r *replay) epochStart(epoch int, w io.Writer) error {
	names := r.spec.Model.Modalities
	traces := maps.Clone(r.traces)
	if r.spec.Trace == traceGiven {
		given := map[string][]float64{}
		for m, values := range r.spec.GivenTrace {
			given[m] = values[:min(epoch, len(values))]
		}
		traces[inforeg.KindFisherEmp] = given
	}
	e := inforeg.Epoch{
		Index: epoch, Interval: epoch, Modalities: names, Settings: r.settings, Traces: traces,
		Features: func(float64) (inforeg.Features, error) {
			vars, done, err := r.single()
			if err != nil {
				return inforeg.Features{}, err
			}
			defer done()
			got, err := r.eng.Evaluate(vars, r.proto)
			return inforeg.Features{Rows: got.Features, Labels: r.proto.Labels}, err
		},
	}
	controls, carried, err := r.eng.Decide(r.st, e)
	if err != nil {
		return replayProblem(specFile, "epoch %d: %v", epoch, err)
	}
	r.controls = controls
	next := r.eng.IntervalStart(r.st)
	next.Carried = carried
	r.st.Drop(next)
	r.st = next
	r.released = map[string]inforeg.Released{}
	line := map[string]any{"kind": "epoch_start", "epoch": epoch, "lr": engine.ScheduledRate(r.settings, epoch)}
	if r.form.Traced {
		open := map[string]bool{}
		for _, m := range names {
			open[m] = r.controls["window."+m] > 0
		}
		// Both are written: the decision, and the number that it rests on, by which another implementation is compared.
		line["window"], line["gap"] = open, r.rises(e)
	}
	return writeLine(w, line)
}

// rises are the left sides of the window test, whatever form the window has; nil while traces are missing. The settings
// are changed so that the test is made in every epoch, also where the window is given or shut by the spec.
func (r *replay) rises(e inforeg.Epoch) map[string]float64 {
	settings := maps.Clone(r.settings)
	settings["window"], settings["first_epoch"], settings["last_epoch"] = "auto", 0.0, 1e6
	e.Settings = settings
	_, rise, err := method.Windows(e)
	if err != nil {
		return nil
	}
	for _, v := range rise {
		if math.IsNaN(v) {
			return nil
		}
	}
	return rise
}

// epochEnd stores the epoch's numbers. An epoch is an interval of the window test here: window_every is no option of
// the format.
func (r *replay) epochEnd(epoch int, w io.Writer) error {
	line := map[string]any{"kind": "epoch_end", "epoch": epoch}
	note := func(kind, as string, values map[string]float64) {
		line[as] = values
		if r.traces[kind] == nil {
			r.traces[kind] = map[string][]float64{}
		}
		for m, v := range values {
			// A new list each time: a method may still hold the one before.
			r.traces[kind][m] = append(slices.Clone(r.traces[kind][m]), v)
		}
	}
	compat, squares := map[string]float64{}, map[string]float64{}
	for _, m := range r.spec.Model.Modalities {
		compat[m], squares[m] = r.released[m].Sum, r.released[m].BatchSquare()
	}
	note(inforeg.KindReleased, traceCompat, compat)
	note(inforeg.KindBatchSquare, inforeg.KindBatchSquare, squares)
	if r.probe != nil {
		norms, err := r.norms(inforeg.Probe{BN: inforeg.BNRunning})
		if err != nil {
			return err
		}
		emp := map[string]float64{}
		for m, values := range norms {
			emp[m], _ = inforeg.MeanError(values)
		}
		note(inforeg.KindFisherEmp, inforeg.KindFisherEmp, emp)
	}
	return writeLine(w, line)
}
