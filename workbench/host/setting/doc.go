// Package setting says which settings a run has, completes what was asked for, and reads it.
//
// Start with [Complete], which resolves what was asked for on a set that is open, or with [Resolve], which needs none.
// [Table] lists the settings of a run with some data and method: those of every run, the method's, and the set's, which
// begin with [catalog.Prefix]. [Values] are the answers; [BuildModel] makes the network that they describe, and a
// [Library] opens the set.
package setting
