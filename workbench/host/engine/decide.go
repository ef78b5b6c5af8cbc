package engine

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Decide lets the method decide about an epoch from what e holds beside the method's own tensors: the controls, and
// what is carried from there on. The method changes the lists in epoch.State, of which the tensors are made. They are
// the caller's; those of s stay.
func (e *Engine) Decide(
	s State, epoch inforeg.Epoch,
) (controls map[string]float64, carried []*tensors.Tensor, err error) {
	if controls, err = e.ask("EpochStart", e.Method.EpochStart, s, &epoch); err != nil {
		return nil, nil, err
	}
	for _, v := range e.Carried {
		carried = append(carried, tensors.FromFlatDataAndDimensions(epoch.State[v.Name], v.Shape...))
	}
	return controls, carried, nil
}

// DecideInterval lets the method decide about an interval of the window test that begins within an epoch. What the
// method does to epoch.State is forgotten: between epochs it carries nothing on.
func (e *Engine) DecideInterval(s State, epoch inforeg.Epoch) (map[string]float64, error) {
	return e.ask("IntervalStart", e.Method.IntervalStart, s, &epoch)
}

// ask gives the method's own tensors to one of its hooks, as epoch.State. A method that a cell defines may panic: that
// is an error. epoch is the caller's, who reads afterwards what the hook made of its lists; these are copies, so that a
// hook that fails halfway leaves the state as it was.
func (e *Engine) ask(
	name string, hook func(inforeg.Epoch) (map[string]float64, error), s State, epoch *inforeg.Epoch,
) (controls map[string]float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &wire.Problem{
				Message: fmt.Sprintf("method %v: %s of epoch %d: %v", e.settings["method"], name, epoch.Index, p),
				Hint:    "the run stands before it; mend the method and go on",
			}
		}
	}()
	epoch.Modalities, epoch.State = inforeg.ModalityNames(e.Model), map[string][]float32{}
	for i, v := range e.Carried {
		if epoch.State[v.Name], err = tensors.CopyFlatData[float32](s.Carried[i]); err != nil {
			return nil, err
		}
	}
	return hook(*epoch)
}

// IntervalStart notes the weights at the start of an interval of the window test, if the method needs them. They are
// the very tensors of s: none is copied, as no step changes any.
func (e *Engine) IntervalStart(s State) State {
	if !e.Method.Start() {
		return s
	}
	next := s
	next.Start = make([]*tensors.Tensor, 0, len(e.Trainable))
	for i, v := range e.Vars {
		if v.Trainable() {
			next.Start = append(next.Start, s.Vars[i])
		}
	}
	return next
}

// ControlVector has a step's scalar inputs in the engine's order: what the method decided for the epoch, else settings.
// What a decision leaves out falls back to the setting, and to 0 where there is none of that name. A switch is 0 or 1.
// The rate is the schedule's even where a method decided on one.
func (e *Engine) ControlVector(settings setting.Values, decided map[string]float64, epoch int) []float32 {
	list := make([]float32, len(e.controls))
	for i, name := range e.controls {
		v, ok := decided[name]
		if !ok {
			switch s := settings[name].(type) {
			case float64:
				v = s
			case bool:
				if s {
					v = 1
				}
			}
		}
		if name == "lr" {
			v = ScheduledRate(settings, epoch)
		}
		list[i] = float32(v)
	}
	return list
}

// ScheduledRate is the learning rate of an epoch: lr, multiplied by lr_gamma after every lr_step epochs.
func ScheduledRate(settings setting.Values, epoch int) float64 {
	rate := settings.LR()
	if every := settings.Whole("lr_step"); every > 0 {
		rate *= math.Pow(settings.Number("lr_gamma"), float64(epoch/every))
	}
	return rate
}
