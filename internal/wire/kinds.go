package wire

import "strings"

// Kinds of record about how an encoder moves. KindMotion asks for all three.
const (
	KindMotion   = "motion"
	KindGradNorm = "grad_norm"   // norm of the last step's gradient as the optimizer got it
	KindUpdate   = "update_norm" // norm of the last step's update
	KindDistance = "distance"    // norm of the difference to the weights at step 0
)

// Kinds of record about a gradient's noise, and about the cosines that are read beside inforeg's.
const (
	KindNoise    = "gradient_noise"  // S, trace of the per-sample covariance of the gradient
	KindSignal   = "gradient_signal" // |G|², squared norm of the gradient without noise; may come out below 0
	KindTwice    = "cosine_2b"       // cosines between gradients of two batches together
	KindPermuted = "cosine_permuted" // cosines after one of each pair was permuted; SE is the spread of a single pair
)

// MacroF1 is the kind of a record, and the readout of a reproduction's number, that is the mean over all classes of the
// F1 of the fused prediction, 0 to 1. A class that is neither there nor predicted counts as 0.
const MacroF1 = "macro_f1"

// Readouts of an accuracy.
const (
	ReadoutHead     = "head"     // the fusion head on all modalities
	ReadoutSplit    = "split"    // the head on one modality alone
	ReadoutSeparate = "separate" // the modality's own classifier, of methods that train one
	ReadoutLinear   = "linear"   // a fresh linear classifier on the modality's frozen features
)

// Fused is the encoder of what is measured on the fused prediction.
const Fused = "fused"

// Encoders of records of the whole model's trace. Their Params say ParamsWhole, so that they are in no modality's
// trace, whatever modalities are called.
const (
	WholeModel  = "model" // all encoders and the fusion head together
	HeadAlone   = "head"  // the fusion head
	ParamsWhole = "whole"
)

// OfWhole reports whether a record is of the whole model or of its head.
func OfWhole(rec Record) bool {
	return rec.Params == ParamsWhole || strings.HasSuffix(rec.Params, ", "+ParamsWhole)
}

// InStep and OfSteps mark, at the end of Record.Way, what was measured on the batch of a step, and the mean of that
// over the steps of an interval.
const (
	InStep  = "in step"
	OfSteps = "mean of steps"
)

// Kinds of events.
const (
	EventSet        = "set"
	EventFork       = "fork"
	EventReopened   = "reopened"
	EventDiverged   = "diverged"
	EventDiffers    = "replay_differs"
	EventUnreadable = "snapshot_unreadable"
	EventDamaged    = "damaged"  // of files of the run
	EventUnproved   = "unproved" // of records without checksums
	EventRestored   = "restored" // lines that were lost and computed again
	EventLost       = "lost"     // lines that cannot be had any more
	EventTiming     = "timing"   // where the time of a training went, in words
	EventCode       = "code"     // of what a cell defines: from this step on other code computes
)

// Acted is the quantity of a curve that says in what share of an epoch's steps a method regulated an encoder.
const Acted = "acted"

// OnPrefix begins the metrics that say whether a step regulated an encoder.
const OnPrefix = "on."

// Names of arms of a reproduction by which figures and other arms find them.
const (
	ArmJoint   = "Joint"
	ArmLonger  = "Joint, twice the epochs"
	ArmInfoReg = "InfoReg"
)
