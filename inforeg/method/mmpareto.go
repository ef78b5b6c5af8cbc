package method

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// MMPareto combines, in each encoder, the gradient g of the fused loss with the gradient h of the modality's own loss
// (Wei and Hu, ICML 2024): halves of both where they agree (cosine above 0), otherwise the point of least norm between
// them; twice that, brought to at least the norm of g + h, times γ. The classifiers keep the gradient of the sum.
type MMPareto struct{ timed }

// Forms of the setting "norm".
const (
	normEncoder = "encoder"
	normTensor  = "tensor"
)

// Settings declares γ and over what norms are taken.
func (MMPareto) Settings() []data.Setting {
	return append([]data.Setting{
		{Name: "gamma", Default: 1.5, Min: 0, Max: 100, Mutable: true, Doc: "factor on the combined gradient"},
		{
			Name: "norm", Default: normEncoder, Choices: []string{normEncoder, normTensor},
			Doc: "over what the norm is kept: the whole encoder, or each tensor, as in the published code",
		},
	}, always.settings()...)
}

// Prepare asks for the classifiers.
func (MMPareto) Prepare(m *models.Multimodal, _ map[string]any) error {
	m.Separate = true
	return nil
}

// Gradients combines them. Where it does not act, an encoder gets the gradient of the fused loss alone; where it acts
// on none, so do the modalities' own classifiers: then it is joint training.
func (MMPareto) Gradients(s *inforeg.Step) {
	own := separateLosses(s)
	var sum *Node
	var vars []models.Variable
	for _, m := range inforeg.ModalityNames(s.Model) {
		loss := Where(positive(acts(s, m)), own[m], ZerosLike(own[m]))
		if sum == nil {
			sum = loss
		} else {
			sum = Add(sum, loss)
		}
	}
	var nodes []*Node
	for _, v := range s.Model.Variables() {
		if v.Trainable() {
			vars = append(vars, v)
			nodes = append(nodes, s.Vars[v.Name])
		}
	}
	unimodal := map[string]*Node{}
	for i, g := range Gradient(sum, nodes...) {
		unimodal[vars[i].Name] = g
	}
	inEncoder := map[string]bool{}
	for _, m := range inforeg.ModalityNames(s.Model) {
		list := inforeg.EncoderVariables(s.Model, m)
		for _, v := range list {
			inEncoder[v.Name] = true
		}
		combine(s, m, list, unimodal)
	}
	for _, v := range vars {
		if !inEncoder[v.Name] {
			s.Grads[v.Name] = Add(s.Grads[v.Name], unimodal[v.Name])
		}
	}
	s.Total = Add(s.Loss, sum)
}

// combine treats one encoder.
func combine(s *inforeg.Step, m string, vars []models.Variable, unimodal map[string]*Node) {
	dot := func(a, b map[string]*Node) *Node {
		var sum *Node
		for _, v := range vars {
			if part := ReduceAllSum(Mul(a[v.Name], b[v.Name])); sum == nil {
				sum = part
			} else {
				sum = Add(sum, part)
			}
		}
		return sum
	}
	g := s.Grads
	gg, hh, gh := dot(g, g), dot(unimodal, unimodal), dot(g, unimodal)
	cosine, lambda := LeastNorm(gg, hh, gh)
	other := OneMinus(lambda)
	s.Record("cos."+m, cosine)
	s.Record("lambda."+m+".joint", lambda)
	s.Record("lambda."+m+".own", other)
	two := map[string]*Node{}
	plus := map[string]*Node{}
	for _, v := range vars {
		two[v.Name] = MulScalar(Add(Mul(g[v.Name], lambda), Mul(unimodal[v.Name], other)), 2)
		plus[v.Name] = Add(g[v.Name], unimodal[v.Name])
	}
	larger := func(a, b *Node) *Node { // ||a||/||b|| where it is above 1
		ratio := Sqrt(Div(a, Where(positive(b), b, OnesLike(b))))
		one := OnesLike(ratio)
		return Where(positive(b), Max(ratio, one), one)
	}
	whole := larger(dot(plus, plus), dot(two, two))
	on := positive(acts(s, m))
	for _, v := range vars {
		scale := whole
		if s.Settings["norm"] == normTensor {
			scale = larger(inforeg.SquaredNorm(plus[v.Name]), inforeg.SquaredNorm(two[v.Name]))
		}
		combined := Mul(two[v.Name], Mul(scale, s.Control("gamma")))
		s.Grads[v.Name] = Where(on, combined, g[v.Name])
	}
}

// LeastNorm gives, for squared norms gg and hh and the inner product gh of two gradients, their cosine and the weight
// of the first in MMPareto's combination: 1/2 where the cosine is above 0, otherwise that of the point of least norm
// on the line between them, (hh - gh) / (gg + hh - 2 gh). Scalars.
func LeastNorm(gg, hh, gh *Node) (cosine, weight *Node) {
	product := Sqrt(Mul(gg, hh))
	cosine = Where(positive(product), Div(gh, Where(positive(product), product, OnesLike(product))), ZerosLike(product))
	half := MulScalar(OnesLike(cosine), 0.5)
	apart := Sub(Add(gg, hh), MulScalar(gh, 2))
	least := Where(positive(apart), Div(Sub(hh, gh), Where(positive(apart), apart, OnesLike(apart))), half)
	return cosine, Where(positive(cosine), half, least)
}

// Replay says that the format knows it by its name.
func (MMPareto) Replay() Replay { return Replay{Names: []string{"mmpareto"}} }
