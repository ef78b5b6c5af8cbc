// Package hosttest is what the tests of the host's packages share: settings of small runs, files, and comparisons of
// weights. Only tests import it.
package hosttest
