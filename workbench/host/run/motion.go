package run

import (
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// motion measures, for each encoder and each of its layers, the gradient's norm and the size of the update of the last
// step, and the distance from the start.
func (r *Run) motion(setting.Values) ([]wire.Record, error) {
	if r.last.GradSquares == nil {
		return nil, &wire.Problem{Message: "motion: no step has been taken since the run was opened", Hint: "take a step first"}
	}
	distances, err := r.distances()
	if err != nil {
		return nil, err
	}
	var records []wire.Record
	for _, m := range r.eng.Model.Modalities {
		for _, part := range []struct {
			kind    string
			squares []float32
		}{{wire.KindGradNorm, r.last.GradSquares}, {wire.KindUpdate, r.last.UpdateSquares}, {wire.KindDistance, distances}} {
			rec := r.blank(part.kind, m.Name)
			rec.Parts = map[string]float64{}
			square := 0.0
			for i, v := range r.eng.Trainable {
				if strings.HasPrefix(v.Name, models.EncoderPrefix(m.Name)) {
					square += float64(part.squares[i])
					rec.Parts[layerOf(v.Name)] += float64(part.squares[i])
				}
			}
			for name, sq := range rec.Parts {
				rec.Parts[name] = math.Sqrt(sq)
			}
			rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N = math.Sqrt(square), "total", inforeg.LabelsObserved, "batch", r.base.Batch()
			records = append(records, rec)
		}
	}
	return records, nil
}

// layerOf is the layer of a variable: its name without what comes after the last point.
func layerOf(variable string) string {
	for _, suffix := range []string{".weight", ".bias"} {
		if name, ok := strings.CutSuffix(variable, suffix); ok {
			return name
		}
	}
	return variable
}

// distances are the squared norms of the differences to step 0, by trainable variable.
func (r *Run) distances() ([]float32, error) {
	if r.begun == nil {
		first := r.eng.Initial(uint64(r.base.Seed()))
		engine.Free(first.Momentum...)
		for i, v := range r.eng.Vars {
			if v.Trainable() {
				r.begun = append(r.begun, first.Vars[i])
			} else {
				engine.Free(first.Vars[i])
			}
		}
	}
	n := len(r.begun)
	args := make([]any, 0, 2*n)
	for i, v := range r.eng.Vars {
		if v.Trainable() {
			args = append(args, r.st.Vars[i])
		}
	}
	for _, t := range r.begun {
		args = append(args, t)
	}
	out, err := r.eng.Call("distance", func(in []*Node) []*Node {
		squares := make([]*Node, n)
		for i := range squares {
			squares[i] = inforeg.SquaredNorm(Sub(in[i], in[n+i]))
		}
		return []*Node{Stack(squares, 0)}
	}, args)
	if err != nil {
		return nil, err
	}
	defer engine.Free(out...)
	return tensors.CopyFlatData[float32](out[0])
}
