// Package inforeg measures how much information each modality's encoder acquires during training and regulates
// it (Huang et al., "Adaptive Unimodal Regulation for Balanced Multimodal Information Acquisition", CVPR 2025,
// below "the paper").
//
// Start with [BuildStep], the one training step, and [Method], the hooks on it; package method holds the
// methods. [SquaredGradientNorms] gives the Fisher trace, [DetectPrimeLearningWindow] reads it, and [Gaps],
// [Strength] and [Penalty] regulate inside the window.
//
// Shapes list axes in order: B batch, T time, H height, W width, C channel, D feature. Losses are in nats. A
// step is one optimizer update, counted from 0. An interval is what stands for an epoch in eqs. 11 and 12 and in
// algorithm 1: an epoch, or as many steps as [Clock] says. Functions that build graphs panic; others return errors.
package inforeg
