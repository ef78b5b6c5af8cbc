// Package report is the one author of what tables say in words: what was compared with what, which claims hold, and how
// the epoch and the learning rate of each run were chosen. The command line and the notebook print the same sentences.
//
// Start with [Claims] for comparisons, [Families] and [Epoch] for any table.
package report
