package method

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// Slow is a control that regulation has to beat: in some epochs the leading encoder's gradient is scaled by a constant.
// With Freeze the encoder is not updated at all, its momentum included. Neither is in the paper.
type Slow struct {
	timed
	Freeze bool
}

var slowActing = func() acting {
	a := always
	a.last = 9
	return a
}()

// Settings declares the factor and who leads.
func (m Slow) Settings() []data.Setting {
	list := []data.Setting{
		{
			Name: "leader", Default: "",
			Doc: "modality that is slowed; empty: in each step the one with the largest mean p(y)",
		},
	}
	if !m.Freeze {
		list = append(
			list,
			data.Setting{
				Name: "factor", Default: 0.2, Min: 0, Max: 100, Mutable: true, Doc: "on the leading encoder's gradient",
			},
		)
	}
	return append(list, slowActing.settings()...)
}

// Prepare checks the leader.
func (Slow) Prepare(m *models.Multimodal, settings map[string]any) error {
	if err := needsModalities("slow", m, 2, 0); err != nil {
		return err
	}
	names := inforeg.ModalityNames(m)
	if leader, _ := settings["leader"].(string); leader != "" && !slices.Contains(names, leader) {
		return fmt.Errorf("leader %q, want one of %v", leader, names)
	}
	return nil
}

// Gradients slows the leader.
func (m Slow) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	scores := s.Scores(inforeg.ScoreMeanP)
	leads := make([]*Node, len(names)) // scalars
	for i, name := range names {
		one := OnesLike(scores[name])
		if leader, _ := s.Settings["leader"].(string); leader != "" {
			leads[i] = ZerosLike(one)
			if leader == name {
				leads[i] = one
			}
			continue
		}
		leads[i] = one
		for j, other := range names { // the first of equals leads
			ahead := GreaterThan(scores[name], scores[other])
			if i < j {
				ahead = GreaterOrEqual(scores[name], scores[other])
			}
			if i != j {
				leads[i] = Where(ahead, leads[i], ZerosLike(one))
			}
		}
	}
	index := ZerosLike(leads[0])
	for i, name := range names {
		index = Add(index, MulScalar(leads[i], float64(i)))
		on := Where(positive(acts(s, name)), leads[i], ZerosLike(leads[i]))
		for _, v := range inforeg.EncoderVariables(s.Model, name) {
			if m.Freeze {
				s.Held[v.Name] = on
				continue
			}
			g := s.Grads[v.Name]
			s.Grads[v.Name] = Where(positive(on), Mul(g, s.Control("factor")), g)
		}
	}
	s.Record("leader", index)
}

// Replay says what the format calls the epochs; it does not know Freeze.
func (m Slow) Replay() Replay {
	if m.Freeze {
		return Replay{}
	}
	return Replay{
		Names: []string{"slow"}, Rename: map[string]string{"start": "first_epoch", "end": "last_epoch"},
		ExclusiveEnd: true,
	}
}
