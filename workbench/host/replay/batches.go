package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
)

// openReplay reads and checks everything. The order follows what depends on what: the shapes of the batches and the
// types of the spec give encoders, these the model, the method may add to the model, and the model has the variables
// that the weights are checked against. No backend is needed for any of it.
func openReplay(dir string) (*replay, error) {
	spec, err := readReplaySpec(dir)
	if err != nil {
		return nil, err
	}
	m, settings, form, err := spec.replayMethod()
	if err != nil {
		return nil, err
	}
	arrays, err := readBatches(dir)
	if err != nil {
		return nil, err
	}
	r := &replay{
		spec: spec, form: form, settings: settings, inputs: map[string]encoderInput{},
		traces: map[string]map[string][]float64{},
	}
	model := &models.Multimodal{
		Encoders: map[string]models.Encoder{}, Fusion: spec.Model.Fusion, Hidden: spec.Model.Hidden,
		Classes: spec.Model.Classes,
	}
	for _, name := range spec.Model.Modalities {
		a, err := arrays.take("x."+name, 0, 0, 0, 0)
		if err != nil {
			return nil, err
		}
		// The first two axes are steps and samples, the others are of one sample.
		if r.inputs[name], err = replayEncoder(name, spec.Model.Encoders[name], a.Shape[2:]); err != nil {
			return nil, err
		}
		model.Modalities = append(model.Modalities, r.inputs[name].modality)
		model.Encoders[name] = r.inputs[name].encoder
	}
	if err := model.Validate(); err != nil {
		return nil, replayProblem(specFile, "%v", err)
	}
	if err := m.Prepare(model, settings); err != nil {
		return nil, replayProblem(specFile, "%v", err)
	}
	// Some methods have heads for each modality alone. Others may be given them, since another implementation's model
	// may have them under every method.
	if aux := spec.Model.Aux; aux != nil {
		if model.Separate && !*aux {
			return nil, replayProblem(specFile, "method %s without the separate heads it needs", spec.Method)
		}
		model.Separate = *aux
	}
	if r.weights, err = replayWeights(dir, model.Variables()); err != nil {
		return nil, err
	}
	r.eng = engine.New(nil, model, m, settings)
	r.eng.Gradients = spec.Gradients
	return r, r.readBatches(arrays)
}

// readBatches makes batches of the arrays. Batches share the memory of the whole array, of which each is a slice.
func (r *replay) readBatches(arrays replayBatches) error {
	y, err := arrays.take("y", 2)
	if err != nil {
		return err
	}
	steps, size := y.Shape[0], y.Shape[1]
	all, err := labels("y", y, r.spec.Model.Classes)
	if err != nil {
		return err
	}
	x := map[string][]float32{}
	for name, in := range r.inputs {
		a, err := arrays.take("x."+name, 0, steps, size)
		if err != nil {
			return err
		}
		x[name] = in.arrange(a.Floats())
	}
	for s := range steps {
		b := &data.Batch{Labels: all[s*size:][:size], Indices: data.Positions(size), X: map[string][]float32{}}
		for name, in := range r.inputs {
			n := in.modality.Size() * size
			b.X[name] = x[name][s*n:][:n]
		}
		r.batches = append(r.batches, b)
	}
	if r.probe, err = r.readSet(arrays, "probe"); err != nil {
		return err
	}
	if r.proto, err = r.readSet(arrays, "proto"); err != nil {
		return err
	}
	// What the spec asks for and the file lacks is an error before the first step.
	var needs []string
	switch {
	case r.spec.Probes && r.probe == nil:
		needs = append(needs, "probe_y")
	case r.form.Prototypes && r.proto == nil:
		needs = append(needs, "proto_y")
	case r.form.Traced && r.spec.Trace == inforeg.KindFisherEmp && r.probe == nil &&
		r.settings.Text("window") == "auto":
		needs = append(needs, "probe_y")
	}
	if len(needs) > 0 {
		return replayProblem(batchesFile, "no array %s, which %s needs", needs[0], r.spec.Method)
	}
	if r.spec.Trace == traceGiven {
		for _, m := range r.spec.Model.Modalities {
			if r.spec.GivenTrace[m] == nil {
				return replayProblem(specFile, "given_trace lacks %s", m)
			}
		}
	}
	if err := r.checkArrays(arrays); err != nil {
		return err
	}
	return r.readNoise(arrays, steps)
}

// checkArrays refuses what no replay of the method reads: such an array may be one with a slip in its name. The sets of
// traces and prototypes may lie there for other methods, and OGM-GE's noise for all of an encoder though the
// method scales a part of it: one file of batches does for several specs.
func (r *replay) checkArrays(arrays replayBatches) error {
	var known []string
	for _, kind := range []string{"", "probe_", "proto_"} {
		known = append(known, kind+"y")
		for _, m := range r.spec.Model.Modalities {
			known = append(known, kind+"x."+m)
		}
	}
	ge := r.noisy()
	for _, m := range r.spec.Model.Modalities {
		for _, v := range inforeg.EncoderVariables(r.eng.Model, m) {
			if ge {
				known = append(known, "noise."+v.Name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		kind, _, set := strings.Cut(name, "_x.")
		_, labelled := arrays[kind+"_y"]
		switch {
		case !slices.Contains(known, name) && strings.HasPrefix(name, "noise.") && !ge:
			return &wire.Problem{
				Message: fmt.Sprintf("replay: %s: array %s: %s takes no noise", batchesFile, name, r.spec.Method),
				Hint:    "nothing was written; method ogm takes it with hp.ge true",
			}
		case !slices.Contains(known, name):
			return &wire.Problem{
				Message: fmt.Sprintf("replay: %s: array %s belongs to nothing", batchesFile, name),
				Hint:    wire.Nearest(name, known, ""),
			}
		case set && !labelled:
			return replayProblem(batchesFile, "no array %s_y, without which %s is not read", kind, name)
		}
	}
	return nil
}

// noisy reports whether the method adds noise to gradients, as OGM-GE does.
func (r *replay) noisy() bool {
	ge, ok := r.eng.Method.(method.OGM)
	return ok && ge.GE
}

// readSet reads probe_x.* and probe_y, or those of prototypes; nil when there are none. Only probe_y, or proto_y,
// decides whether there is such a set; then every modality has to be in it.
func (r *replay) readSet(arrays replayBatches, kind string) (*data.Batch, error) {
	if _, ok := arrays[kind+"_y"]; !ok {
		return nil, nil
	}
	y, err := arrays.take(kind+"_y", 1)
	if err != nil {
		return nil, err
	}
	n := y.Shape[0]
	b := &data.Batch{Indices: data.Positions(n), X: map[string][]float32{}}
	if b.Labels, err = labels(kind+"_y", y, r.spec.Model.Classes); err != nil {
		return nil, err
	}
	for name, in := range r.inputs {
		a, err := arrays.take(kind+"_x."+name, 0, n)
		if err != nil {
			return nil, err
		}
		if a.Size() != n*in.modality.Size() {
			return nil, replayProblem(
				batchesFile, "%s_x.%s of shape %v, want samples as in x.%s", kind, name, a.Shape, name,
			)
		}
		b.X[name] = in.arrange(a.Floats())
	}
	return b, nil
}

// readNoise takes the noise of OGM-GE, for the variables that the method scales. The method draws this noise itself in
// training. Two implementations cannot draw the same, so it is given, for each step and in each variable's own shape.
func (r *replay) readNoise(arrays replayBatches, steps int) error {
	if !r.noisy() {
		return nil
	}
	ge := r.eng.Method.(method.OGM)
	r.noise = make([][]*tensors.Tensor, steps)
	for _, m := range r.spec.Model.Modalities {
		for _, v := range ge.Scaled(r.eng.Model, r.settings, m) {
			a, err := arrays.take("noise."+v.Name, 0, append([]int{steps}, v.TorchShape()...)...)
			if err != nil {
				return err
			}
			r.eng.Noised = append(r.eng.Noised, v)
			for s := range steps {
				values, err := models.FromTorch(
					v, models.Tensor{Name: v.Name, Shape: v.TorchShape(), Values: a.Floats()[s*v.Size():][:v.Size()]},
				)
				if err != nil {
					return replayProblem(batchesFile, "%v", err)
				}
				r.noise[s] = append(r.noise[s], tensors.FromFlatDataAndDimensions(values, v.Shape...))
			}
		}
	}
	return nil
}

// tensor makes a tensor of the replay's type of number. The engine's graphs take the type of the first variable for all
// of a step, so float64 weights make it one of doubles.
func (r *replay) tensor(values []float32, shape []int) *tensors.Tensor {
	if r.spec.DType == "float32" {
		return tensors.FromFlatDataAndDimensions(values, shape...)
	}
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return tensors.FromFlatDataAndDimensions(wide, shape...)
}

// floats reads a tensor of either type. What is written is float32 in either case.
func floats(t *tensors.Tensor) ([]float32, error) {
	if t.DType() == dtypes.Float32 {
		return tensors.CopyFlatData[float32](t)
	}
	wide, err := tensors.CopyFlatData[float64](t)
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(wide))
	for i, v := range wide {
		values[i] = float32(v)
	}
	return values, nil
}
