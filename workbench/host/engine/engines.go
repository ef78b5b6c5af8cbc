package engine

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Engines shares compiled graphs between runs. Compiling is slow, and the runs of a comparison differ
// mostly in seed and numbers.
type Engines struct {
	Timing *timing.Account // of compiling; nil keeps none. Set before the first engine is made

	mu   sync.Mutex
	List map[string]*Engine // by what shapes a graph; never emptied, as compiling is what costs
}

// shaping are the settings that change a graph beside the model's and a method's own immutable ones.
var shaping = []string{"method", "batch", "fusion", "modalities"}

// Find returns the engine for a run's settings, shared with all runs whose graphs are the same, whatever set their
// samples come from. The key has what decides the graphs: settings, kinds and shapes of the modalities, and the number
// of classes. A mutable setting is not in it: it is an input of the step, or read outside of graphs.
func (l *Engines) Find(b *xla.Backend, m *models.Multimodal, method inforeg.Method, settings setting.Values) *Engine {
	own := setting.Values{}
	for _, name := range shaping {
		own[name] = settings[name]
	}
	for _, s := range method.Settings() {
		if !s.Mutable {
			own[s.Name] = settings[s.Name]
		}
	}
	var key strings.Builder
	for _, mod := range m.Modalities {
		own[setting.EncoderPrefix+mod.Name] = settings[setting.EncoderPrefix+mod.Name]
		fmt.Fprint(&key, mod.Name, " ", mod.Kind, mod.Shape, " ")
	}
	fmt.Fprint(&key, m.Classes, own.Hash(), b.Name)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.List[key.String()]; ok {
		return e
	}
	if l.List == nil {
		l.List = map[string]*Engine{}
	}
	e := New(b, m, method, maps.Clone(own))
	e.timing = l.Timing
	l.List[key.String()] = e
	return e
}
