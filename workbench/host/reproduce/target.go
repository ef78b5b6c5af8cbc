package reproduce

import (
	"fmt"
	"maps"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/registry"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// target is a table or a figure of the paper, or a question that it leaves open: the runs that it needs and what is
// taken from them.
type target struct {
	// name is what the command line and files say, title what stands above the table.
	name, title string
	paperSets   []string // of the paper, in the order of its columns
	apart       bool     // whether each of them has a stand-in of its own on a small machine; else the first one's
	// Arms for the modalities of a run, in the order of the rows.
	arms     func(modalities []string) []recipe
	baseline string   // name of the arm that differences are to
	curves   []string // kinds of what is recorded from epoch to epoch, or kind, encoder and readout
	f1       bool     // whether the macro F1 is measured
	whole    bool     // whether the whole model's trace is measured
	cosines  bool     // whether cosines between batch gradients are measured
	maps     bool     // whether maps of features are made
	byRate   bool     // whether an arm's place on the axis is its learning rate
	nulls    bool     // whether all arms are looked at under running statistics too, and windows told in words
	oneSeed  bool     // one run of each arm shows all there is: maps
}

// recipe is an arm: a method, with what distinguishes it from the others of its target.
type recipe struct {
	// The name is unique in its target. Group and column place the arm in a table of two ways.
	name, group, column string
	method              string
	set                 map[string]any // settings beyond the set's own
	rateOf              string         // arm whose learning rate it takes; empty: it has its own
	against             string         // arm that it is compared with beside the baseline
	like                string         // arm in whose epochs of acting, seed by seed, this one acts
	longer              float64        // factor on the number of epochs; 0 is 1
	// whether no rate is chosen: it has the set's own, or one so many steps of the grid above it
	ownRate bool
	step    int        // see ownRate
	control bool       // not in the paper
	x       float64    // place on an axis
	paper   []paperRow // what the paper prints for it
}

// usualPaperSet is the paper's set whose stand-ins a question takes that is not the paper's.
const usualPaperSet = "CREMA-D"

// publishedWindow is the window of the published code, which its smoothing holds open for about ten epochs, with the
// paper's penalty and the fused loss alone. It reads the published code's own accumulator, over ten epochs with zeros
// before the first, and opens all modalities' windows by the first one's: with zeros any trace seems to rise for as
// long as the mean is wide.
func publishedWindow(more map[string]any) map[string]any {
	all := map[string]any{
		"window": "auto", "window_trace": "released", "smooth": inforeg.ReleasedSmoothing, "smooth_zeros": true,
		"open_at_start": true,
		"first_epoch":   0, "k": 0.05, "floor": 0, "window_source": "first",
	}
	maps.Copy(all, more)
	return all
}

func joint() recipe { return recipe{name: wire.ArmJoint, method: "joint", paper: paperTable2["Joint"]} }
func infoReg() recipe {
	return recipe{name: wire.ArmInfoReg, method: "inforeg", paper: paperTable2["InfoReg"]}
}

// longer is an arm of twice the epochs. It takes the rate of the arm that it lengthens, so that only the epochs differ.
func longer(r recipe, name string) recipe {
	r.name, r.rateOf, r.longer, r.paper = name, r.name, 2, nil
	return r
}

func fixedArms(list ...recipe) func([]string) []recipe {
	return func([]string) []recipe { return list }
}

// beta and K are the settings of figures 7 and 8. All values have the rate that was chosen for InfoReg with its usual
// settings. Choosing it for each value would compare rates as well.
func sweepOf(setting string, values ...float64) func([]string) []recipe {
	return func([]string) []recipe {
		list := []recipe{joint()}
		for _, v := range values {
			list = append(list, recipe{
				name: fmt.Sprintf("InfoReg, %s = %g", setting, v), method: "inforeg", set: map[string]any{setting: v},
				rateOf: wire.ArmInfoReg, x: v,
			})
		}
		return list
	}
}

// table4 has each method in the whole run, inside the window and outside it. Each of them is an arm with a rate of its
// own, as if it were another method.
func table4([]string) []recipe {
	list := []recipe{joint()}
	for _, m := range []struct{ name, method string }{
		{"OGM", "ogm"}, {"AGM", "agm"}, {"PMR", "pmr"}, {"InfoReg", "inforeg"},
	} {
		for i, w := range []struct{ column, window string }{
			{"whole run", "all"}, {"window only", "auto"}, {"outside", "outside"},
		} {
			list = append(list, recipe{
				name: m.name + ", " + w.column, group: m.name, column: w.column, method: m.method,
				set:   map[string]any{"window": w.window},
				paper: []paperRow{{"CREMA-D", "accuracy", paperTable4[m.name][i]}},
			})
		}
	}
	return list
}

// table5 has joint training and InfoReg under each fusion head, at the learning rates chosen for concat.
func table5([]string) []recipe {
	var list []recipe
	for _, m := range []recipe{joint(), infoReg()} {
		for i, f := range []string{"concat", "sum", "film", "gated"} {
			r := m
			r.group, r.column, r.paper = m.name, f, []paperRow{{"CREMA-D", "accuracy", paperTable5[m.name][i]}}
			if f != "concat" {
				r.name, r.set, r.rateOf = m.name+", "+f, map[string]any{"fusion": f}, m.name
			}
			list = append(list, r)
		}
	}
	return list
}

// fig1 has joint training, and each modality alone.
func fig1(modalities []string) []recipe {
	list := []recipe{joint()}
	for _, m := range modalities {
		list = append(
			list,
			recipe{name: m + " alone", method: "joint", set: map[string]any{"modalities": m}, rateOf: wire.ArmJoint},
		)
	}
	return list
}

// fisherArms set the window test against controls that act in the same epochs, for two forms of the window. The
// controls hold the leader back in a simpler way. Where they gain as much, InfoReg's way of doing it does not matter.
func fisherArms([]string) []recipe {
	published := "InfoReg, published window"
	return []recipe{
		joint(), infoReg(),
		{name: "slow, same epochs", method: "slow", like: wire.ArmInfoReg, against: wire.ArmInfoReg, control: true},
		{name: "freeze, same epochs", method: "freeze", like: wire.ArmInfoReg, against: wire.ArmInfoReg, control: true},
		{name: published, method: "inforeg", set: publishedWindow(nil), control: true},
		{
			name: "slow, same epochs as the published window", method: "slow", like: published, against: published,
			control: true,
		},
		{
			name: "freeze, same epochs as the published window", method: "freeze", like: published, against: published,
			control: true,
		},
	}
}

// whenArms set acting inside a window against acting always, each tuned. The question is about the difference within a
// method, so each arm stands against the whole run of its method as well.
func whenArms([]string) []recipe {
	list := []recipe{joint()}
	for _, m := range []struct{ name, method string }{{"InfoReg", "inforeg"}, {"OGM", "ogm"}} {
		list = append(list,
			recipe{
				name: m.name + ", whole run", group: m.name, column: "whole run", method: m.method,
				set: map[string]any{"window": "all"},
			},
			recipe{
				name: m.name + ", window only", group: m.name, column: "window only", method: m.method,
				set: map[string]any{"window": "auto"}, against: m.name + ", whole run",
			},
			recipe{
				name: m.name + ", published window", group: m.name, column: "published window", method: m.method,
				set: publishedWindow(nil), against: m.name + ", whole run", control: true,
			},
		)
	}
	return list
}

var one = fixedArms(joint(), infoReg())

// targets in the order in which they are offered. An entry says all of a target but its figure, which is a row of
// package draw.
var targets = registry.New(func(t target) string { return t.name },
	target{name: "table1", title: "Table 1: longer training against InfoReg", paperSets: []string{"CREMA-D"},
		baseline: wire.ArmJoint,
		arms: fixedArms(joint(), func() recipe {
			r := longer(joint(), wire.ArmLonger)
			r.paper = []paperRow{{"CREMA-D", "video", 35.36}}
			return r
		}(), func() recipe {
			r := infoReg()
			r.against = wire.ArmLonger
			return r
		}())},
	target{name: "table2", title: "Table 2: methods with one joint loss",
		paperSets: []string{"CREMA-D", "Kinetics Sounds"},
		baseline:  wire.ArmJoint,
		curves:    []string{"accuracy fused", "acted", "fisher_emp"},
		arms: fixedArms(joint(),
			recipe{name: "OGM", method: "ogm", paper: paperTable2["OGM"]},
			recipe{name: "Greedy", method: "greedy", paper: paperTable2["Greedy"]},
			recipe{name: "PMR", method: "pmr", paper: paperTable2["PMR"]},
			recipe{name: "AGM", method: "agm", paper: paperTable2["AGM"]}, infoReg(),
			recipe{name: "OGM-GE", method: "ogm_ge", control: true},
			recipe{name: "RedReg", method: "redreg", control: true},
			recipe{name: "slow the leader", method: "slow", control: true},
			recipe{name: "freeze the leader", method: "freeze", control: true})},
	target{name: "table3", title: "Table 3: methods with unimodal losses",
		paperSets: []string{"CREMA-D", "Kinetics Sounds"},
		baseline:  wire.ArmJoint,
		curves:    []string{"accuracy fused", "acted", "fisher_emp"},
		arms: fixedArms(joint(),
			recipe{name: "Joint*", method: "joint_star", paper: paperTable3["Joint*"]},
			recipe{name: "G-Blending", method: "gblend", paper: paperTable3["G-Blending"]},
			recipe{name: "MMPareto", method: "mmpareto", paper: paperTable3["MMPareto"]},
			recipe{name: "InfoReg*", method: "inforeg_star", paper: paperTable3["InfoReg*"]},
			recipe{name: "InfoReg, published code", method: "inforeg_released", control: true})},
	target{
		name: "table4", title: "Table 4: when to regulate", paperSets: []string{"CREMA-D"}, baseline: wire.ArmJoint,
		curves: []string{"acted"}, arms: table4,
	},
	target{
		name: "table5", title: "Table 5: fusion heads", paperSets: []string{"CREMA-D"}, baseline: wire.ArmJoint,
		arms: table5,
	},
	target{name: "table6", title: "Table 6: three modalities", paperSets: []string{"CMU-MOSI"}, baseline: wire.ArmJoint,
		f1: true,
		arms: fixedArms(recipe{
			name: wire.ArmJoint, method: "joint", paper: paperTable6["Joint"],
		}, recipe{name: "OGM", method: "ogm", paper: paperTable6["OGM"]},
			recipe{name: "PMR", method: "pmr", paper: paperTable6["PMR"]},
			recipe{name: "AGM", method: "agm", paper: paperTable6["AGM"]},
			recipe{name: wire.ArmInfoReg, method: "inforeg", paper: paperTable6["InfoReg"]})},
	target{name: "table7", title: "Table 7: two further sets", paperSets: []string{"Violent Flows", "Hateful Memes"},
		apart: true, baseline: wire.ArmJoint,
		arms: fixedArms(
			recipe{name: wire.ArmJoint, method: "joint", paper: paperTable7["Joint"]},
			recipe{name: wire.ArmInfoReg, method: "inforeg", paper: paperTable7["InfoReg"]},
		)},
	target{
		name: "fig1", title: "Figure 1: the trace in joint training and of each modality alone",
		paperSets: []string{"CREMA-D"}, baseline: wire.ArmJoint, curves: []string{"fisher_emp"}, whole: true,
		arms: fig1,
	},
	target{
		name: "fig3", title: "Figure 3: gap between the modalities", paperSets: []string{"CREMA-D"},
		baseline: wire.ArmJoint, curves: []string{"fisher_emp", "batch_g2"}, arms: one,
	},
	target{
		name: "fig4", title: "Figure 4: cosines between batch gradients", paperSets: []string{"CREMA-D"},
		baseline: wire.ArmJoint, curves: []string{"cosine", "fisher_emp"}, cosines: true, oneSeed: true,
		arms: fixedArms(joint()),
	},
	target{
		name: "fig5", title: "Figure 5: accuracy and trace, InfoReg beside joint training",
		paperSets: []string{"CREMA-D"}, baseline: wire.ArmJoint, curves: []string{"accuracy", "fisher_emp", "acted"},
		arms: one,
	},
	target{name: "fig6", title: "Figure 6: features of the weaker modality by t-SNE", paperSets: []string{"CREMA-D"},
		baseline: wire.ArmJoint, curves: []string{wire.Acted}, maps: true, oneSeed: true,
		arms: fixedArms(infoReg(), joint(), longer(joint(), wire.ArmLonger))},
	target{
		name: "fig7", title: "Figure 7: accuracy against β", paperSets: []string{"CREMA-D", "Kinetics Sounds"},
		baseline: wire.ArmJoint, curves: []string{"acted"}, arms: sweepOf("beta", 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
	},
	target{
		name: "fig8", title: "Figure 8: accuracy against K", paperSets: []string{"CREMA-D", "Kinetics Sounds"},
		baseline: wire.ArmJoint, curves: []string{"acted"}, arms: sweepOf("k", 0.01, 0.02, 0.04, 0.06, 0.08, 0.1),
	},
	target{name: "fig9", title: "Figure 9: features with unimodal losses by t-SNE", paperSets: []string{"CREMA-D"},
		baseline: wire.ArmJoint, curves: []string{wire.Acted}, maps: true, oneSeed: true,
		arms: fixedArms(
			recipe{name: "InfoReg*", method: "inforeg_star"}, joint(), recipe{name: "Joint*", method: "joint_star"},
			longer(recipe{name: "Joint*", method: "joint_star"}, "Joint*, twice the epochs"),
		)},
	target{
		name: "fig10", title: "Figure 10: the trace where video leads", paperSets: []string{"Violent Flows"},
		baseline: wire.ArmJoint, curves: []string{"fisher_emp"}, arms: fixedArms(joint()),
	},
	target{name: "prime", title: "The prime learning window, and what holding the leader back in it gives",
		baseline: wire.ArmJoint,
		curves:   []string{"fisher_emp", "acted", "accuracy fused"}, arms: primeArms},
	target{name: "rate", byRate: true, title: "Gain of InfoReg and rise of the trace against the learning rate",
		baseline: wire.ArmJoint,
		curves:   []string{"fisher_emp", "acted"}, arms: rateArms},
	target{name: "window", nulls: true, title: "Is the window the network's, the batch norm's or the smoother's?",
		baseline: wire.ArmJoint, curves: []string{"fisher_emp", "fisher_emp eval", "accuracy fused", "released"},
		arms: fixedArms(usualRates(joint(),
			recipe{name: "learning rate 0", method: "joint", set: map[string]any{"lr": 0.0}, control: true},
			recipe{
				name: "shuffled labels", method: "joint", set: map[string]any{"shuffle_labels": true}, control: true,
			})...)},
	target{
		name: "fisher", title: "Does the Fisher test beat slowing the leader for the same epochs?",
		baseline: wire.ArmJoint, curves: []string{"acted"}, arms: fisherArms,
	},
	target{
		name: "when", title: "Is window-only as good as the whole run?", baseline: wire.ArmJoint,
		curves: []string{"acted"}, arms: whenArms,
	},
)

// usualSettings are those of all runs, at every scale. Tables need the accuracies, windows the exact trace; the other
// probes are left out to save time. These settings are part of every run's name: with others all runs would be
// trained anew.
func usualSettings() map[string]any {
	return map[string]any{
		"probes": "none", setting.EveryPrefix + setting.ProbeEmp: "window",
		setting.EveryPrefix + setting.ProbeAccuracy: "epoch",
	}
}

// demoSettings are those of all runs at demo scale that are not the set's own.
func demoSettings(data string) map[string]any {
	s := usualSettings()
	if set, ok := catalog.Find(data); ok && set.Modalities != "" {
		s["modalities"] = set.Modalities
	}
	return s
}

// paperSettings are those of all runs at paper scale, without the encoders, which hang on the set.
func paperSettings() map[string]any {
	s := usualSettings()
	maps.Copy(s, map[string]any{
		"epochs": 50, "lr": 2e-3, "momentum": 0.9, "weight_decay": 1e-4, "lr_step": 30, "lr_gamma": 0.1, "batch": 64,
		"snapshot_gib": 1,
	})
	return s
}

// standIns lists for each column on a small machine the sets that it may be trained on, the best first, and the paper's
// sets that it stands for.
func (t target) standIns() (offers, stands [][]string) {
	if !t.apart {
		paper := usualPaperSet
		if len(t.paperSets) > 0 {
			paper = t.paperSets[0]
		}
		return [][]string{catalog.StandIns(paper)}, [][]string{t.paperSets}
	}
	for i, paper := range t.paperSets {
		offers, stands = append(offers, catalog.StandIns(paper)), append(stands, t.paperSets[i:i+1])
	}
	return offers, stands
}

// Target is a question of a project's own: methods and settings that are compared on a set, as the paper's tables do.
type Target struct {
	Name, Title string
	Arms        []Arm // the first is the baseline; at least two
}

// Arm is one of them.
type Arm struct {
	Name, Method string
	Settings     map[string]any // beyond the set's own
}

// Register adds a target; remove takes it out again.
func Register(t Target) (remove func(), err error) {
	if len(t.Arms) < 2 || t.Name == "all" {
		return nil, fmt.Errorf("target %q of %d arms, want two or more, and another name than all", t.Name, len(t.Arms))
	}
	list := make([]recipe, len(t.Arms))
	for i, a := range t.Arms {
		list[i] = recipe{name: a.Name, method: a.Method, set: a.Settings, control: true}
	}
	return targets.Add(target{
		name: t.Name, title: t.Title, baseline: t.Arms[0].Name, arms: fixedArms(list...),
		curves: []string{"accuracy fused", wire.Acted, inforeg.KindFisherEmp},
	})
}

// Targets lists the names of what can be reproduced.
func Targets() []string { return targets.Names() }

func findTarget(name string) (target, error) {
	t, ok := targets.Find(name)
	if !ok {
		return target{}, wire.Unknown("target", name, append(Targets(), "all"), "")
	}
	return t, nil
}
