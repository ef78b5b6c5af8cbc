package probe

import (
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
)

// motion measures, for each encoder and each of its layers, the gradient's norm and the size of the update of the last
// step, and the distance from the start. The squares of the first two come with every step; only the distance needs a
// graph, and the weights of step 0, which are drawn again when it is first asked for.
func (now *Moment) motion() ([]wire.Record, error) {
	if now.Last.GradSquares == nil {
		return nil, &wire.Problem{
			Message: "motion: no step has been taken since the run was opened", Hint: "take a step first",
		}
	}
	distances, err := now.distances()
	if err != nil {
		return nil, err
	}
	var records []wire.Record
	for _, m := range now.Engine.Model.Modalities {
		for _, part := range []struct {
			kind    string
			squares []float32
		}{
			{wire.KindGradNorm, now.Last.GradSquares}, {wire.KindUpdate, now.Last.UpdateSquares},
			{wire.KindDistance, distances},
		} {
			rec := now.blank(part.kind, m.Name)
			rec.Parts = map[string]float64{}
			square := 0.0
			for i, v := range now.Engine.Trainable {
				if strings.HasPrefix(v.Name, models.EncoderPrefix(m.Name)) {
					square += float64(part.squares[i])
					// squares add up over variables; the root is taken at the end
					rec.Parts[LayerOf(v.Name)] += float64(part.squares[i])
				}
			}
			for name, sq := range rec.Parts {
				rec.Parts[name] = math.Sqrt(sq)
			}
			rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N = math.Sqrt(square), "total", inforeg.LabelsObserved,
				"batch", now.Base.Batch()
			records = append(records, rec)
		}
	}
	return records, nil
}

// LayerOf is the layer of a variable: its name without .weight or .bias. A variable of another name, as of positions,
// is a layer by itself.
func LayerOf(variable string) string {
	for _, suffix := range []string{".weight", ".bias"} {
		if name, ok := strings.CutSuffix(variable, suffix); ok {
			return name
		}
	}
	return variable
}

// distances are the squared norms of the differences to step 0, by trainable variable. All are computed on the device
// in one call, and one number for each comes back.
func (now *Moment) distances() ([]float32, error) {
	begun := now.Begun()
	n := len(begun)
	args := make([]any, 0, 2*n)
	for i, v := range now.Engine.Vars {
		if v.Trainable() {
			args = append(args, now.State.Vars[i])
		}
	}
	for _, t := range begun {
		args = append(args, t)
	}
	out, err := now.Engine.Call("distance", func(in []*Node) []*Node {
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
