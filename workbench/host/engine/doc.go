// Package engine takes the steps: it builds the graphs of one model under one method, calls them, and carries the state
// from one to the next.
//
// Start with [New] and [Engine.Step]. A [State] is what the optimizer works on; a step makes a new one and leaves the
// old as it is, so that a run can be looked at while it trains. [Engine.Call] is the one place where a panic of
// graph-building code becomes an error.
//
// Tensors hold memory of the backend, of which Go's collector knows nothing, and are freed by hand. What a call returns
// is the caller's to free. What a call is given stays the caller's, but for the inputs of one step, which the step
// frees. States share tensors: [State.Drop] frees those of one state that no state given to it holds.
//
// Inputs and outputs of a graph have no names. Whoever builds a graph and whoever calls it agree on one order of nodes:
// the two functions stand in one file and are changed together.
package engine
