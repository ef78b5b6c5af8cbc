// Package models holds the networks that the workbench trains: one encoder for each modality, a fusion
// head, and [Multimodal], which puts them together.
//
// Start with [Multimodal]. A model here is a value that describes variables and builds graphs; it holds no
// weights. [Multimodal.Variables] says which tensors it needs, [Multimodal.Init] draws their first values,
// and [Multimodal.Forward] adds one pass to a graph, given a [Call] that says where the variables are and how
// batch norm shall behave.
//
// Shapes list axes in order: B batch, T time or frames, H height, W width, C channel, D feature. Images are
// [B, H, W, C] and convolution kernels [H, W, in, out]; names and the layouts in which weights leave and enter
// are PyTorch's (torchvision's for ResNet-18). Functions that build graphs panic; all others return errors.
package models
