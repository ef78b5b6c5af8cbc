package wire

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// Version of the protocol, the number in /v1.
const Version = 1

// ShapeHeader carries the shape of an array body.
const ShapeHeader = "Primewindow-Shape"

// ClientHeader carries who is asking, for example a notebook's path, so that others can be told.
const ClientHeader = "Primewindow-Client"

// Host is what a host says of itself.
type Host struct {
	Protocol int       `json:"protocol"`
	Build    string    `json:"build"` // Go's build ID of the running executable
	PID      int       `json:"pid"`
	Project  string    `json:"project"`
	Socket   string    `json:"socket"`
	Backend  string    `json:"backend"` // for example "xla:cpu (PJRT 0.81, 4 devices)"
	Started  time.Time `json:"started"`
	Cell     *Cell     `json:"cell,omitempty"` // of a host that is a cell's own binary
}

// Stop asks the host to save everything and leave.
type Stop struct {
	Why string `json:"why,omitempty"` // told to whoever trains
}

// Declaration asks for a run. Settings hold only what was asked for; all else is the default.
type Declaration struct {
	Settings map[string]any `json:"settings"`
	Like     string         `json:"like,omitempty"` // take another run's settings before Settings
	Fork     *Fork          `json:"fork,omitempty"` // begin where another run was
}

// Fork names a point in another run. Exactly one of Step and Epoch is used.
type Fork struct {
	Run   string `json:"run"`
	Step  *int   `json:"step,omitempty"`  // so many steps done
	Epoch *int   `json:"epoch,omitempty"` // so many epochs done
}

// States of a run.
const (
	Idle      = "idle"
	Compiling = "compiling"
	Training  = "training"
	Replaying = "replaying" // recomputing from a snapshot
	Stopped   = "stopped"   // by a loss that is not finite
)

// Status says where a run is.
type Status struct {
	Name          string `json:"name"`
	Dir           string `json:"dir"`
	Data          string `json:"data"`
	Method        string `json:"method"`
	Seed          int    `json:"seed"`
	Step          int    `json:"step"`  // steps done
	Epoch         int    `json:"epoch"` // epochs done
	StepsPerEpoch int    `json:"steps_per_epoch"`
	// from one test of the prime learning window to the next
	StepsPerTest int                `json:"steps_per_test,omitempty"`
	Epochs       int                `json:"epochs"` // planned
	State        string             `json:"state"`
	Stepper      string             `json:"stepper,omitempty"` // who makes it train now
	Target       int                `json:"target,omitempty"`  // step it is on the way to
	Rate         float64            `json:"rate,omitempty"`    // steps per second
	Loss         float64            `json:"loss"`              // of the last step, in nats
	Accuracy     map[string]float64 `json:"accuracy,omitempty"`
	Modalities   []string           `json:"modalities"`
	Settings     map[string]any     `json:"settings"`
	Parent       string             `json:"parent,omitempty"`
	Problem      *Problem           `json:"problem,omitempty"`
	Warnings     []string           `json:"warnings,omitempty"`
	// hashes of what a cell defines and the run uses, by [Definition]
	Code map[string]string `json:"code,omitempty"`
}

// MostSteps bounds a target of [Train]: more than anybody trains, and far from where numbers end.
const MostSteps = 1 << 40

// Train asks for training. Exactly one of the targets is used.
type Train struct {
	Steps   *int `json:"steps,omitempty"`    // so many more
	ToStep  *int `json:"to_step,omitempty"`  // until so many are done
	ToEpoch *int `json:"to_epoch,omitempty"` // until so many epochs are done
	Detach  bool `json:"detach,omitempty"`   // go on when the client leaves
}

// Kinds of events.
const (
	Progress = "progress"
	EpochEnd = "epoch"
	Notice   = "notice" // one line to tell the user
	Done     = "done"
	Failed   = "failed"
)

// Event is one line of a stream.
type Event struct {
	Kind    string   `json:"kind"`
	Text    string   `json:"text,omitempty"`
	Status  Status   `json:"status"`
	Problem *Problem `json:"problem,omitempty"`
}

// Problem is an error as a person reads it: what is wrong in one line, and what to do in another.
type Problem struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Cause   error  `json:"-"` // what it puts in words, for errors.Is within a process; may be nil
}

func (p *Problem) Error() string { return p.Message }

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Record is one line of probes.jsonl: one measured number and what it is.
type Record struct {
	Step    int      `json:"step"`  // steps done when it was measured
	Epoch   int      `json:"epoch"` // of the last step done, from 0
	Kind    string   `json:"kind"`
	Encoder string   `json:"encoder"` // modality, or "fused"; with Params "whole" "model" or "head"
	Value   float64  `json:"value"`
	SE      *float64 `json:"se"` // standard error; null where it has none
	Loss    string   `json:"loss"`
	Labels  string   `json:"labels"`
	BN      string   `json:"bn"`
	N       int      `json:"n"` // samples it rests on; of a cosine, batches
	Split   string   `json:"split,omitempty"`
	Readout string   `json:"readout,omitempty"` // of an accuracy: head, split or linear
	// Params is, of a Fisher trace, "weights" where biases and norm layers are left out, and "whole" where the trace is
	// not of an encoder but of the model as a whole or of its head; both with ", " between.
	Params string `json:"params,omitempty"`
	// of a Fisher trace: the estimator and its draws, where it is not exact
	Way    string      `json:"way,omitempty"`
	Matrix [][]float64 `json:"matrix,omitempty"` // of a cosine
	// Parts has, by layer, its part of the value: of a trace they add up to it; of a norm their squares do; a mean
	// cosine has each layer's own.
	Parts map[string]float64 `json:"parts,omitempty"`
	// Batch is, of a trace measured on the batch of a step, the squared norm of the gradient of the batch's mean loss.
	Batch *float64 `json:"batch,omitempty"`
	// Each has, of an exact trace that a window test reads, every sample's part, see [Floats]: the error of a rise is
	// that of paired differences.
	Each Floats `json:"each,omitempty"`
}

// Floats are numbers as they stand in JSON: base64 of float32, the lowest byte first.
type Floats []float32

// MarshalJSON implements [json.Marshaler].
func (f Floats) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 4*len(f))
	for _, v := range f {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return json.Marshal(b)
}

// UnmarshalJSON implements [json.Unmarshaler]. It returns an error for half a number.
func (f *Floats) UnmarshalJSON(text []byte) error {
	var b []byte
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	if len(b)%4 != 0 {
		return fmt.Errorf("wire: %d bytes of float32, want a multiple of 4", len(b))
	}
	*f = make(Floats, len(b)/4)
	for i := range *f {
		(*f)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// Probe asks for a measurement. Of the Fisher family all fields may be set, see inforeg.Probe; empty ones have
// their defaults. Other kinds have none of them.
type Probe struct {
	Kind      string `json:"kind"`
	Loss      string `json:"loss,omitempty"`
	Labels    string `json:"labels,omitempty"`
	BN        string `json:"bn,omitempty"`
	Estimator string `json:"estimator,omitempty"`
	Weights   bool   `json:"weights,omitempty"`
	Whole     bool   `json:"whole,omitempty"` // of the model as a whole and of its head, in place of each encoder
	Draws     int    `json:"draws,omitempty"`
	Samples   int    `json:"samples,omitempty"` // 0: as many as the run's setting probe_samples says
	Batches   int    `json:"batches,omitempty"` // of a cosine: the last so many batch gradients; 0: all that are kept
}

// Change is one line of events.jsonl.
type Change struct {
	Step  int       `json:"step"` // steps done when it happened
	Event string    `json:"event"`
	Name  string    `json:"name,omitempty"` // of a setting
	Old   any       `json:"old,omitempty"`
	New   any       `json:"new,omitempty"`
	Text  string    `json:"text,omitempty"`
	Time  time.Time `json:"time"`
}

// History is all that a run has recorded. Each element of Metrics is one line of metrics.jsonl.
type History struct {
	Metrics []map[string]float64 `json:"metrics"`
	Probes  []Record             `json:"probes"`
	Events  []Change             `json:"events"`
}

// Figure is a drawn figure: a picture, an interactive spec, and a sentence that stands in for both.
type Figure struct {
	PNG    []byte         `json:"png"`
	Spec   map[string]any `json:"spec"` // Vega-Lite v5
	Text   string         `json:"text"`
	Width  int            `json:"width"` // CSS pixels
	Height int            `json:"height"`
}
