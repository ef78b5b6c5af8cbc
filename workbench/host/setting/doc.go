// Package setting says which settings a run has, completes what was asked for, and reads it.
//
// Start with [Complete], which resolves what was asked for on a set that is open, or with [Resolve], which needs none.
// [Table] lists the settings of a run with some data and method: those of every run, the method's, and the set's, which
// begin with [catalog.Prefix]. [Values] are the answers; [BuildModel] makes the network that they describe, and a
// [Library] opens the set.
//
// A setting's value comes from the first of these that has one: what was asked for, the set's recipe, the default. What
// a run has is written down in full when it is made, so that a later version's default changes nothing of it. A change
// in the middle of a run is an event with a step, and [At] gives the values at any step from both.
package setting
