// Package runtest opens and trains small runs for the tests of the packages above run. Only tests import it; those of
// package run itself have the same in their own package, which can see more.
package runtest
