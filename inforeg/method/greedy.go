package method

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// Greedy re-balances two encoders between which MMTM gates stand ([models.GatedStage]; Wu et al., ICML 2022): where the
// layers through which a modality sees the other learn faster, against its own encoder, than those of the other do, its
// gates are replaced for Q steps by their running means, through which no signal of the other comes.
//
// For a set of variables θ with gradient g, μ(θ) adds ‖g‖²/‖θ‖² over the steps, those of a re-balancing left out. A
// modality's bypass are its excitation layers and the squeeze layers, which both share; BDR =
// log10(μ(bypass)/μ(encoder)). Where the BDRs of both differ by more than ε, the modality of the greater one is the
// target of the next Q steps. μ and the means are taken from the first step on, also where the method does not act yet,
// as in the published code. There, the second modality's running mean is of the first one's gates; here each has its
// own. Each of its encoders also has a classifier with a loss of its own; here, as the paper's table lists it, there is
// one head and one loss.
//
// Not acting, it is joint training of the gated model, which is another model than that of method joint.
type Greedy struct{ timed }

var greedyActing = func() acting {
	a := always
	a.first = 2
	return a
}()

// Forms of the setting "choice".
const (
	choiceSpeed  = "speed"
	choiceRandom = "random"
)

// Settings declares ε, Q, and where gates stand.
func (Greedy) Settings() []data.Setting {
	return append([]data.Setting{
		{
			Name: "epsilon", Default: 0.01, Min: 0, Max: 1000, Mutable: true,
			Doc: "ε: difference of the modalities' BDRs, in powers of ten, above which a re-balancing begins",
		},
		{Name: "q", Default: 5.0, Min: 1, Max: maxEpoch, Whole: true, Mutable: true, Doc: "Q: steps of a re-balancing"},
		{
			Name: "choice", Default: choiceSpeed, Choices: []string{choiceSpeed, choiceRandom},
			Doc: "of the target: speed, by the conditional learning speeds; random, in each step none, the first or " +
				"the second modality with a third each, the control of the paper",
		},
		{
			Name: "gates", Default: 0.0, Min: 0, Max: 1000, Whole: true,
			Doc: "the last so many stages have gates; 0: all but the first (of two resnet18: 2, 3 and 4, as in the " +
				"published code), and at least one",
		},
		{
			Name: "gate_scale", Default: 1.0, Min: 1, Max: 2, Whole: true,
			Doc: "what a gate's sigmoid is multiplied by: 1 as in the published code, 2 as in the paper of MMTM",
		},
	}, greedyActing.settings()...)
}

// Prepare puts gates between the encoders.
func (Greedy) Prepare(m *models.Multimodal, settings map[string]any) error {
	if err := needsModalities("greedy", m, 2, 2); err != nil {
		return err
	}
	gates, _ := settings["gates"].(float64)
	if m.Gates = int(gates); m.Gates == 0 {
		m.Gates = m.DefaultGates()
	}
	m.GateScale, _ = settings["gate_scale"].(float64)
	if err := m.Validate(); err != nil {
		return fmt.Errorf("method greedy: %w", err)
	}
	return nil
}

// Names of its state. What follows "mean." is a stage and a modality.
const (
	greedyTarget = "target" // of the re-balancing, counted from 1; 0 for none
	greedyLeft   = "left"   // steps of it that are to come
	greedySteps  = "steps"  // in the running means
	greedyBypass = "bypass" // μ, by modality
	greedyMain   = "main"   // likewise
)

func greedyMean(stage int, modality string) string { return fmt.Sprintf("mean.%d.%s", stage, modality) }

// State holds where a re-balancing stands, μ, and the running means of the gates.
func (Greedy) State(m *models.Multimodal) []inforeg.StateVariable {
	n := len(m.Modalities)
	list := []inforeg.StateVariable{
		{Name: greedyTarget, Shape: []int{1}}, {Name: greedyLeft, Shape: []int{1}},
		{Name: greedySteps, Shape: []int{1}},
		{Name: greedyBypass, Shape: []int{n}}, {Name: greedyMain, Shape: []int{n}},
	}
	for _, g := range m.GatedStages() {
		for _, mod := range m.Modalities {
			list = append(
				list, inforeg.StateVariable{Name: greedyMean(g.Stage, mod.Name), Shape: []int{g.Channels[mod.Name]}},
			)
		}
	}
	return list
}

// Forward replaces the target's gates, and takes all into the running means.
func (Greedy) Forward(s *inforeg.Step, call *models.Call) {
	names := inforeg.ModalityNames(s.Model)
	target := Reshape(s.State[greedyTarget])
	if s.Settings["choice"] == choiceRandom {
		target = ConvertDType(Floor(MulScalar(s.Uniform(), float64(len(names)+1))), target.DType())
	}
	replaced := map[string]*Node{}
	now := ZerosLike(target)
	for i, m := range names {
		number := Scalar(target.Graph(), target.DType(), float64(i+1))
		replaced[m] = And(Equal(target, number), positive(acts(s, m)))
		now = Where(replaced[m], number, now)
	}
	s.State[greedyTarget] = Reshape(now, 1) // of this step, until Gradients decides on the next
	steps := s.State[greedySteps]
	s.State[greedySteps] = AddScalar(steps, 1)
	call.Gate = func(stage int, modality string, gates *Node) *Node {
		name := greedyMean(stage, modality)
		past, n := ConvertDType(s.State[name], gates.DType()), ConvertDType(Reshape(steps), gates.DType())
		mean := Div(Add(Mul(past, n), StopGradient(ReduceMean(gates, 0))), AddScalar(n, 1)) // [C]
		s.State[name] = ConvertDType(mean, s.State[name].DType())
		return Where(replaced[modality], BroadcastToDims(InsertAxes(mean, 0), gates.Shape().Dimensions...), gates)
	}
}

// Gradients adds to μ and decides whether a re-balancing begins.
func (Greedy) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	target, left := Reshape(s.State[greedyTarget]), Reshape(s.State[greedyLeft])
	zero := ZerosLike(target)
	balancing := positive(target)
	bypass, main := make([]*Node, len(names)), make([]*Node, len(names)) // μ, scalars
	bdr := make([]*Node, len(names))
	for i, m := range names {
		add := func(state string, vars []models.Variable) *Node {
			past := Reshape(Slice(s.State[state], AxisElem(i)))
			return Where(balancing, past, Add(past, ConvertDType(relativeSquare(s, vars), past.DType())))
		}
		bypass[i], main[i] = add(greedyBypass, Bypass(s.Model, m)),
			add(greedyMain, inforeg.EncoderVariables(s.Model, m))
		bdr[i] = decades(bypass[i], main[i])
		s.Record("bdr."+m, ConvertDType(bdr[i], s.Loss.DType()))
	}
	s.Record("target", ConvertDType(AddScalar(target, -1), s.Loss.DType())) // of this step, from 0; -1 for none
	s.Record("rebalancing", ConvertDType(balancing, s.Loss.DType()))
	s.State[greedyBypass], s.State[greedyMain] = Stack(bypass, 0), Stack(main, 0)
	if s.Settings["choice"] == choiceRandom {
		return
	}

	left = Max(AddScalar(left, -1), zero)
	target = Where(positive(left), target, zero)
	difference := Sub(bdr[0], bdr[1])
	epsilon := ConvertDType(s.Control("epsilon"), difference.DType())
	begins, who := zero, zero // how many steps of whom, where none is under way
	for i, ahead := range []*Node{GreaterThan(difference, epsilon), LessThan(difference, Neg(epsilon))} {
		ahead = And(ahead, positive(acts(s, names[i])))
		begins = Where(ahead, ConvertDType(s.Control("q"), zero.DType()), begins)
		who = Where(ahead, AddScalar(zero, float64(i+1)), who)
	}
	s.State[greedyLeft] = Reshape(Where(balancing, left, begins), 1)
	s.State[greedyTarget] = Reshape(Where(balancing, target, who), 1)
}

// Bypass lists the variables through which a modality sees the other: of the layers that make its gates. Those that
// squeeze belong to both modalities.
func Bypass(m *models.Multimodal, modality string) []models.Variable {
	own := map[string]bool{}
	for _, g := range m.GatedStages() {
		for _, layer := range []string{g.Squeeze(), g.Excite(modality)} {
			own[layer+".weight"], own[layer+".bias"] = true, true
		}
	}
	var vars []models.Variable
	for _, v := range m.Variables() {
		if own[v.Name] {
			vars = append(vars, v)
		}
	}
	return vars
}

// relativeSquare is the squared norm of the gradient of variables together over their own; 0 where they are all 0.
func relativeSquare(s *inforeg.Step, vars []models.Variable) *Node {
	gradients, values := make([]*Node, len(vars)), make([]*Node, len(vars))
	for i, v := range vars {
		gradients[i], values[i] = inforeg.SquaredNorm(s.Grads[v.Name]), inforeg.SquaredNorm(s.Vars[v.Name])
	}
	g, v := ReduceAllSum(Stack(gradients, 0)), ReduceAllSum(Stack(values, 0))
	return Where(positive(v), Div(g, v), ZerosLike(g))
}

// decades is log10(a/b); 0 where either is 0.
func decades(a, b *Node) *Node {
	both := And(positive(a), positive(b))
	one := OnesLike(a)
	return MulScalar(Sub(Log(Where(both, a, one)), Log(Where(both, b, one))), 1/math.Ln10)
}
