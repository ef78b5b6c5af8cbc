package models

import . "github.com/gomlx/gomlx/core/graph"

// Pool is the max pooling of a ResNet's stem.
func Pool(c *Call, x *Node) *Node { return pass{c, 1}.maxPool(x) }
