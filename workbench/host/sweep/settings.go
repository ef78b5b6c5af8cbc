package sweep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// fixed are settings that a comparison decides, and how.
var fixed = map[string]string{
	"method": "the methods are listed by -methods",
	"seed":   "-seeds N takes seeds 0 to N-1",
}

// divide tells the settings of all runs from those of one method's, which begin with its name and a dot. One that some
// of the methods lack has to be given in that way. Names of settings have dots of their own, such as every.accuracy, so
// only a method's name before the dot counts.
func (c Comparison) divide() (shared map[string]any, own map[string]map[string]any, err error) {
	names := map[string][]string{} // by method
	offers := []string{}
	dataName := catalog.Default
	if v, ok := c.Set["data"]; ok {
		dataName = fmt.Sprint(v)
	}
	for _, m := range c.Methods {
		list, err := setting.Table(dataName, m, nil)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range list {
			names[m] = append(names[m], s.Name)
			offers = append(offers, s.Name, m+"."+s.Name)
		}
	}
	has := func(m, name string) bool {
		// the modalities are not known yet
		return slices.Contains(names[m], name) || strings.HasPrefix(name, setting.EncoderPrefix)
	}
	shared, own = map[string]any{}, map[string]map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(c.Set)) {
		m, rest, dotted := strings.Cut(name, ".")
		if _, isMethod := method.Find(m); dotted && isMethod {
			hint, decided := fixed[rest]
			switch {
			case !slices.Contains(c.Methods, m):
				return nil, nil, &wire.Problem{
					Message: fmt.Sprintf("setting %s: %s is not compared", name, m),
					Hint:    "the methods here are " + strings.Join(c.Methods, ", "),
				}
			case decided:
				return nil, nil, &wire.Problem{
					Message: fmt.Sprintf("setting %s: the comparison decides it", name), Hint: hint,
				}
			// Runs of one seed are compared in pairs, which needs the same samples in the same order.
			case rest == "data" || rest == "dir" || strings.HasPrefix(rest, catalog.Prefix):
				return nil, nil, &wire.Problem{
					Message: fmt.Sprintf("setting %s: all methods are trained on the same samples", name),
					Hint:    fmt.Sprintf("give it to all of them: -set %s=%v", rest, c.Set[name]),
				}
			case !has(m, rest):
				return nil, nil, wire.Unknown(
					"setting", name,
					slices.DeleteFunc(offers, func(o string) bool { return !strings.HasPrefix(o, m+".") }), "",
				)
			}
			if own[m] == nil {
				own[m] = map[string]any{}
			}
			own[m][rest] = c.Set[name]
			continue
		}
		if hint, decided := fixed[name]; decided {
			return nil, nil, &wire.Problem{
				Message: fmt.Sprintf("setting %s: the comparison decides it", name), Hint: hint,
			}
		}
		var with, without []string
		for _, m := range c.Methods {
			if has(m, name) {
				with = append(with, m)
			} else {
				without = append(without, m)
			}
		}
		switch {
		case len(with) == 0:
			return nil, nil, setting.Unknown(name, offers, strings.Join(c.Methods, " or "))
		// A setting that only some methods know would silently be no setting of the others.
		case len(without) > 0:
			return nil, nil, &wire.Problem{
				Message: fmt.Sprintf("setting %s: %s has no such setting", name, without[0]),
				Hint:    fmt.Sprintf("give it to one method alone: -set %s.%s=%v", with[0], name, c.Set[name]),
			}
		}
		shared[name] = c.Set[name]
	}
	return shared, own, nil
}
