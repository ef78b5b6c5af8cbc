package method

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/primewindow/primewindow/inforeg"
)

var known = struct {
	sync.Mutex
	byName map[string]inforeg.Method
}{byName: map[string]inforeg.Method{
	"joint":            Joint{},
	"joint_star":       JointStar{},
	"ogm":              OGM{},
	"ogm_ge":           OGM{GE: true},
	"pmr":              PMR{},
	"agm":              AGM{},
	"gblend":           GBlend{},
	"greedy":           Greedy{},
	"mmpareto":         MMPareto{},
	"inforeg":          InfoReg{},
	"inforeg_star":     InfoReg{Star: true},
	"inforeg_released": InfoReg{Released: true},
	"redreg":           RedReg{},
	"slow":             Slow{},
	"freeze":           Slow{Freeze: true},
}}

// Register makes a method known under a name. It panics when there is one of that name: a name on record means one
// thing.
func Register(name string, m inforeg.Method) {
	known.Lock()
	defer known.Unlock()
	if _, ok := known.byName[name]; ok || name == "" || m == nil {
		panic(fmt.Errorf("method: Register(%q): want a new name and a method", name))
	}
	known.byName[name] = m
}

// Find returns the method of that name.
func Find(name string) (inforeg.Method, bool) {
	known.Lock()
	defer known.Unlock()
	m, ok := known.byName[name]
	return m, ok
}

// Names lists the methods in alphabetical order.
func Names() []string {
	known.Lock()
	defer known.Unlock()
	return slices.Sorted(maps.Keys(known.byName))
}
