package method

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// AGM scales the gradient that arrives at each modality's response φ, its Shapley value over passes in which the other
// modalities' inputs are zero (Li et al., ICCV 2023): by κ = exp(α (τ - r)), where r > 1 says that the modality is
// ahead in this batch and τ that it has been so far. The responses add up to the logits, so the loss is that of joint
// training. The masked passes are in eval mode, by the running averages that the full pass has just updated; without
// any input the logits count as 0.
type AGM struct{ timed }

// Settings declares α and the clipping.
func (AGM) Settings() []data.Setting {
	return append([]data.Setting{
		{Name: "alpha", Default: 1.0, Min: 0, Max: 100, Mutable: true, Doc: "α of κ; at 0 all are 1"},
		{
			Name: "clip", Default: true, Mutable: true,
			Doc: "whether all gradients are brought to norm 1 when an entry of the gradient of a weight of the head " +
				"exceeds 1 in size",
		},
	}, always.settings()...)
}

// Prepare asks for a second modality, and bounds the number of passes.
func (AGM) Prepare(m *models.Multimodal, _ map[string]any) error {
	return needsModalities("agm", m, 2, 5)
}

// State holds the running means of the responses' losses, [M], and the number of steps in them.
func (AGM) State(m *models.Multimodal) []inforeg.StateVariable {
	return []inforeg.StateVariable{{Name: "mean", Shape: []int{len(m.Modalities)}}, {Name: "steps", Shape: []int{1}}}
}

// Loss replaces the gradient at the logits by those at the responses.
func (AGM) Loss(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	phi := responses(s)
	steps := ConvertDType(Reshape(s.State["steps"]), s.Loss.DType())
	past := ConvertDType(s.State["mean"], s.Loss.DType())
	now := make([]*Node, len(names)) // mean cross entropies
	before := make([]*Node, len(names))
	for i, m := range names {
		p := Max(
			Exp(Neg(models.CrossEntropy(StopGradient(phi[m]), s.Labels))), Scalar(s.Loss.Graph(), s.Loss.DType(), 1e-8),
		)
		now[i] = Neg(ReduceAllMean(Log(p)))
		before[i] = Reshape(Slice(past, AxisElem(i)))
	}
	delta := StopGradient(Gradient(s.Loss, s.Out.Logits)[0]) // [B, C]
	var loss *Node
	next := make([]*Node, len(names))
	for i, m := range names {
		r, tau := ahead(now, i), ahead(before, i)
		kappa := Exp(Min(Mul(s.Control("alpha"), Sub(tau, r)), Scalar(r.Graph(), r.DType(), 10)))
		kappa = Where(positive(acts(s, m)), kappa, OnesLike(kappa))
		s.Record("r."+m, r)
		s.Record("tau."+m, tau)
		s.Record("kappa."+m, kappa)
		if part := Mul(StopGradient(kappa), ReduceAllSum(Mul(delta, phi[m]))); loss == nil {
			loss = part
		} else {
			loss = Add(loss, part)
		}
		next[i] = Div(Add(Mul(before[i], steps), now[i]), AddScalar(steps, 1))
	}
	s.Loss = loss // its gradient is that of the fused loss with κ at the responses; its value is not
	s.State["mean"] = ConvertDType(Stack(next, 0), s.State["mean"].DType())
	s.State["steps"] = AddScalar(s.State["steps"], 1)
}

// ahead is exp of M/(M-1) times the mean of the losses less that of i: above 1 where modality i is ahead.
func ahead(losses []*Node, i int) *Node {
	mean := losses[0]
	for _, l := range losses[1:] {
		mean = Add(mean, l)
	}
	n := float64(len(losses))
	return Exp(MulScalar(Sub(MulScalar(mean, 1/n), losses[i]), n/(n-1)))
}

// responses are the Shapley values of the modalities for the logits, [B, C] each.
func responses(s *inforeg.Step) map[string]*Node {
	names := inforeg.ModalityNames(s.Model)
	vars := maps.Clone(s.Vars)
	maps.Copy(vars, s.Updates)
	call := &models.Call{Vars: vars, Norm: models.RunningStatistics}
	// In eval mode samples do not mix: each encoder runs once on what is there, and once on a single input of zeros.
	there, gone := map[string]*Node{}, map[string]*Node{}
	for _, m := range names {
		encode := func(x *Node) *Node { return s.Model.Encoders[m].Forward(call, models.EncoderPrefix(m), x) }
		there[m] = encode(s.X[m])
		zero := encode(ZerosLike(Slice(s.X[m], AxisRange(0, 1))))
		gone[m] = BroadcastToDims(zero, there[m].Shape().Dimensions...)
	}
	n := len(names)
	full := 1<<n - 1
	logits := make([]*Node, full+1) // by the set of modalities that are there, bit by bit
	for set := 1; set <= full; set++ {
		if logits[set] = s.Out.Logits; set == full {
			continue
		}
		z := maps.Clone(there)
		for i, m := range names {
			if set&(1<<i) == 0 {
				z[m] = gone[m]
			}
		}
		logits[set] = s.Model.Head(call, z)
	}
	phi := map[string]*Node{}
	for i, m := range names {
		var sum *Node
		for set := range full + 1 {
			if set&(1<<i) != 0 {
				continue
			}
			gain := logits[set|1<<i]
			if logits[set] != nil {
				gain = Sub(gain, logits[set])
			}
			if gain = MulScalar(gain, shapleyWeight(n, bits.OnesCount(uint(set)))); sum == nil {
				sum = gain
			} else {
				sum = Add(sum, gain)
			}
		}
		phi[m] = sum
	}
	return phi
}

// shapleyWeight is |S|! (M-|S|-1)! / M!.
func shapleyWeight(m, s int) float64 {
	w := 1 / float64(m) // and one over the number of sets of that size among the others
	for i := range s {
		w *= float64(i+1) / float64(m-1-i)
	}
	return w
}

// Gradients clips them.
func (AGM) Gradients(s *inforeg.Step) {
	var largest, squares *Node
	for _, v := range s.Model.Variables() {
		if !v.Trainable() {
			continue
		}
		g := s.Grads[v.Name]
		if v.Role == models.LinearWeight && strings.HasPrefix(v.Name, "head.") {
			if top := ReduceAllMax(Abs(g)); largest == nil {
				largest = top
			} else {
				largest = Max(largest, top)
			}
		}
		if sq := inforeg.SquaredNorm(g); squares == nil {
			squares = sq
		} else {
			squares = Add(squares, sq)
		}
	}
	one := OnesLike(squares)
	factor := Min(Reciprocal(AddScalar(Sqrt(squares), 1e-6)), one) // as PyTorch clips
	on := And(GreaterThan(largest, one), And(positive(s.Control("clip")), positive(actsAnywhere(s))))
	factor = Where(on, factor, one)
	for _, name := range slices.Sorted(maps.Keys(s.Grads)) { // the same graph in every process
		s.Grads[name] = Mul(s.Grads[name], factor)
	}
}

// Replay says what the format calls the last epoch.
func (AGM) Replay() Replay {
	return Replay{Names: []string{"agm"}, Rename: map[string]string{"end": "last_epoch"}, ExclusiveEnd: true}
}
