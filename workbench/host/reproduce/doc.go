// Package reproduce makes the paper's tables and figures again, and answers questions that the paper leaves open.
//
// Start with [Open], which takes targets and sets, and [Reproduction.Train]. A target is a row of the table in
// target.go: its arms, and what is measured of them. Runs are known by all that they compute, so that targets share
// them. [OpenVerification] trains runs of a record again, exactly as it says, and compares every figure.
package reproduce
