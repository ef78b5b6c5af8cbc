package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/npy"
	"github.com/primewindow/primewindow/internal/strict"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

const (
	weightsFile = "weights.safetensors"
	batchesFile = "batches.npz"

	// Beside the weights, which have the same name there, these are written.
	gradientsFile = "gradients.safetensors"
	probesFile    = "probes.json"
	scalarsFile   = "scalars.jsonl" // the last to be put in place

	// maxArrayBytes bounds all arrays of a replay together. A zip says itself how large its parts are, and a small one
	// may say that they are huge.
	maxArrayBytes = 8 << 30
)

// replayBatches are the arrays of batches.npz, by name.
type replayBatches map[string]npy.Array

// readBatches reads batches.npz. Every array is read at once and kept: batches are slices of them.
func readBatches(dir string) (replayBatches, error) {
	f, st, err := data.OpenFile(filepath.Join(dir, batchesFile))
	if err != nil {
		return nil, replayProblem(batchesFile, "%v", err)
	}
	defer f.Close()
	all, err := npy.DecodeZip(batchesFile, f, st.Size(), maxArrayBytes, nil)
	if err == nil {
		return all, nil
	}
	p := &wire.Problem{Message: "replay: " + err.Error(), Hint: data.Hint(err)}
	if p.Hint == "" {
		return nil, replayProblem(batchesFile, "%s", strings.TrimPrefix(err.Error(), batchesFile+": "))
	}
	return nil, p
}

// take gives an array that must be there, of a shape that begins with these sizes; 0 stands for any. A rank of 0 leaves
// the number of axes open. The wanted sizes come from arrays that were taken before.
func (b replayBatches) take(name string, rank int, sizes ...int) (npy.Array, error) {
	a, ok := b[name]
	if !ok {
		return a, replayProblem(batchesFile, "no array %s", name)
	}
	fits := len(a.Shape) >= len(sizes) && (rank == 0 || len(a.Shape) == rank)
	for i := 0; fits && i < len(sizes); i++ {
		fits = sizes[i] == 0 || a.Shape[i] == sizes[i]
	}
	switch {
	case !fits:
		return a, replayProblem(batchesFile, "%s of shape %v, want it to begin %v", name, a.Shape, sizes)
	case a.Size() == 0:
		return a, replayProblem(batchesFile, "%s of shape %v, which holds no value", name, a.Shape)
	}
	return a, nil
}

// labels reads whole numbers from 0 to classes-1. Arrays are float32 by now, which holds whole numbers exactly up to
// 2^24, far more than there are classes.
func labels(name string, a npy.Array, classes int) ([]int32, error) {
	list := make([]int32, 0, a.Size())
	for i, v := range a.Floats() {
		if v < 0 || v >= float32(classes) || v != float32(int32(v)) {
			return nil, replayProblem(
				batchesFile, "%s: entry %d is %v, want a class from 0 to %d", name, i, v, classes-1,
			)
		}
		list = append(list, int32(v))
	}
	return list, nil
}

// encoderInput is what spec.json says of an encoder and the shape of its input, in PyTorch's layout, without the batch;
// it gives the modality as it is here and how its values are moved.
type encoderInput struct {
	modality data.Modality
	encoder  models.Encoder
	channels int // leading axis to bring last; 0: none
	frames   int // of a clip, [T, C, H, W]; otherwise 1
}

// arrange turns values of samples from PyTorch's layout into ours. PyTorch has the channels before the positions, this
// program behind them; a clip has frames before both. Sequences of a transformer have time first on both sides,
// and stay.
func (e encoderInput) arrange(values []float32) []float32 {
	if e.channels == 0 {
		return values
	}
	out := make([]float32, len(values))
	size := e.modality.Size() / e.frames // of a frame
	positions := size / e.channels
	for frame := range len(values) / size {
		from := values[frame*size:][:size]
		to := out[frame*size:][:size]
		for c := range e.channels {
			for p := range positions {
				to[p*e.channels+c] = from[c*positions+p]
			}
		}
	}
	return out
}

// encoderKeys are the keys of an encoder in spec.json, by its type. One struct reads all types, so that strict reading
// alone would take a key of another type.
var encoderKeys = map[string][]string{
	"cnn1d":       {"type", "in", "channels", "kernel", "norm"},
	"cnn2d":       {"type", "in", "channels", "kernel", "norm"},
	"resnet18":    {"type", "in", "width", "small_stem"},
	"transformer": {"type", "in", "length", "dim", "heads", "layers", "mlp"},
}

// replayEncoder reads one encoder of spec.json for inputs of a shape. It becomes the text by which a run's setting
// names an encoder, so that both are made and checked by the same code. The input's shape comes from the batches; what
// the spec says of it besides has to agree.
func replayEncoder(name string, raw json.RawMessage, shape []int) (e encoderInput, err error) {
	var s struct {
		Type      string  `json:"type"`
		In        int     `json:"in"`
		Width     float64 `json:"width"`
		SmallStem bool    `json:"small_stem"`
		Channels  []int   `json:"channels"`
		Kernel    int     `json:"kernel"`
		Norm      string  `json:"norm"`
		Length    int     `json:"length"`
		Dim       int     `json:"dim"`
		Heads     int     `json:"heads"`
		Layers    int     `json:"layers"`
		MLP       float64 `json:"mlp"`
	}
	s.Width, s.Kernel, s.Norm, s.Dim, s.Heads, s.Layers, s.MLP = 1, 3, models.BatchNorm, 32, 4, 2, 2
	bad := func(format string, args ...any) (encoderInput, error) {
		return encoderInput{}, replayProblem(specFile, "encoder of "+name+": "+format, args...)
	}
	path := "model.encoders." + name
	if err := strict.UnmarshalWritten(raw, &s); err != nil {
		return encoderInput{}, specProblem(path, err)
	}
	want := map[string][]int{"cnn1d": {2}, "cnn2d": {3, 4}, "resnet18": {3, 4}, "transformer": {2}}[s.Type]
	if want == nil {
		return bad("type %q, want cnn1d, cnn2d, resnet18 or transformer", s.Type)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return bad("%v", err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if known := encoderKeys[s.Type]; !slices.Contains(known, key) {
			return encoderInput{}, unknownKey(path+"."+key, known)
		}
	}
	if !slices.Contains(want, len(shape)) {
		return bad("input of shape %v for %s", shape, s.Type)
	}
	var text string
	e.frames = 1
	switch s.Type {
	case "cnn1d":
		e.channels = shape[0]
		e.modality = data.Modality{Name: name, Kind: data.Sequence, Shape: []int{shape[1], shape[0]}}
		text = fmt.Sprintf("cnn1d:%s,kernel=%d,norm=%s", dashes(s.Channels), s.Kernel, s.Norm)
	case "cnn2d", "resnet18":
		image := shape[len(shape)-3:]
		e.channels = image[0]
		e.modality = data.Modality{Name: name, Kind: data.Image, Shape: []int{image[1], image[2], image[0]}}
		if len(shape) == 4 {
			e.frames = shape[0]
			e.modality.Kind, e.modality.Shape = data.Clip, append([]int{shape[0]}, e.modality.Shape...)
		}
		text = fmt.Sprintf("cnn2d:%s,kernel=%d,norm=%s", dashes(s.Channels), s.Kernel, s.Norm)
		if s.Type == "resnet18" {
			stem := models.ImageNetStem
			if s.SmallStem {
				stem = models.SmallStem
			}
			text = fmt.Sprintf("resnet18,width=%v,stem=%s", s.Width, stem)
		}
	case "transformer":
		if s.Length != 0 && s.Length != shape[0] {
			return bad("length %d, the input has %d", s.Length, shape[0])
		}
		e.modality = data.Modality{Name: name, Kind: data.Sequence, Shape: slices.Clone(shape)}
		text = fmt.Sprintf("transformer,dim=%d,heads=%d,layers=%d,mlp=%v", s.Dim, s.Heads, s.Layers, s.MLP)
	}
	channels := e.channels
	if channels == 0 {
		channels = shape[1]
	}
	if s.In != 0 && s.In != channels {
		return bad("in %d, the input has %d", s.In, channels)
	}
	if e.encoder, err = models.ParseEncoder(text, e.modality); err != nil {
		return bad("%v", err)
	}
	return e, nil
}

// dashes joins widths as an encoder's text has them: 16-32-64.
func dashes(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", "-")
}

// replayWeights reads weights.safetensors for a model: every variable, nothing else, all finite. What is left over is
// an error: a name that is misspelt on one side would otherwise compare two models.
func replayWeights(dir string, vars []models.Variable) (map[string][]float32, error) {
	f, _, err := data.OpenFile(filepath.Join(dir, weightsFile))
	if err != nil {
		return nil, replayProblem(weightsFile, "%v", err)
	}
	defer f.Close()
	list, _, err := models.ReadSafetensors(f)
	if err == nil {
		list, err = models.Unwrapped(list)
	}
	if err != nil {
		return nil, replayProblem(weightsFile, "%v", err)
	}
	given := map[string]models.Tensor{}
	for _, t := range list {
		given[t.Name] = t
	}
	values := map[string][]float32{}
	for _, v := range vars {
		t, ok := given[v.Name]
		if !ok {
			return nil, replayProblem(weightsFile, "no tensor %s", v.Name)
		}
		for i, x := range t.Values {
			// A number that is not finite would go through every step and be found at the end.
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, replayProblem(weightsFile, "tensor %s: entry %d is %v", v.Name, i, x)
			}
		}
		if values[v.Name], err = models.FromTorch(v, t); err != nil {
			return nil, replayProblem(weightsFile, "%v", err)
		}
		delete(given, v.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		return nil, replayProblem(weightsFile, "tensor %s belongs to no part of the model", name)
	}
	return values, nil
}

// replayOut is the folder that a replay writes: beside its place until it is complete. So a replay that fails leaves
// the result of an earlier one as it was. The folder lies in the same parent, because files are moved by renaming,
// which works on one file system only.
type replayOut struct {
	dir, temp string
	remove    func() error // of temp
	files     []*os.File
}

// A folder that has scalars.jsonl is one of an earlier replay and may be replaced. Others are somebody's.
func newReplayOut(dir string) (*replayOut, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, scalarsFile)); err != nil {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("replay: %s holds other files", dir),
				Hint:    "name an empty folder, or one that is not there yet",
			}
		}
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, record.DiskProblem(err)
	}
	temp, remove, err := whole.TempDir(parent, ".replay-")
	if err != nil {
		return nil, record.DiskProblem(err)
	}
	return &replayOut{dir: dir, temp: temp, remove: remove}, nil
}

// create begins a file.
func (o *replayOut) create(name string) (*os.File, error) {
	f, err := os.Create(filepath.Join(o.temp, name))
	if err == nil {
		o.files = append(o.files, f)
	}
	return f, err
}

// finish puts the files in their place, once all are safe on disk. What an earlier replay wrote there goes first,
// scalars.jsonl before all, and files too that this replay does not write: the folder never holds files of two replays
// that pass for those of one. Files are moved in the order in which they were begun, scalars.jsonl last: after a kill
// in between a folder lacks it, and no later replay takes the folder for a result.
func (o *replayOut) finish() error {
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return err
	}
	for _, f := range o.files {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	for _, name := range []string{scalarsFile, gradientsFile, probesFile, weightsFile} {
		if err := os.Remove(filepath.Join(o.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, f := range o.files {
		if err := os.Rename(f.Name(), filepath.Join(o.dir, filepath.Base(f.Name()))); err != nil {
			return err
		}
	}
	return nil
}

// close removes what is left of the temporary folder. After a kill the next replay beside it does.
func (o *replayOut) close() {
	for _, f := range o.files {
		_ = f.Close() // it is synced, or not wanted
	}
	_ = o.remove()
}
