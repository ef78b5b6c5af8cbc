// Package inforeg measures how much information each modality's encoder acquires during training and regulates
// it (Huang et al., "Adaptive Unimodal Regulation for Balanced Multimodal Information Acquisition", CVPR 2025,
// below "the paper").
//
// Start with [BuildStep], the one training step, and [Method], the hooks on it; package method holds the
// methods. [SquaredGradientNorms] gives the Fisher trace, [DetectPrimeLearningWindow] reads it, and [Gaps],
// [Strength] and [Penalty] regulate inside the window.
//
// Where the paper's equations are:
//
//	eq. 7      Fisher trace                                 [SquaredGradientNorms]
//	eq. 8      performance score of a modality              [Step.Scores]
//	eqs. 9-10  gap to the modalities that score lower       [Gaps]
//	eq. 11     prime learning window                        [DetectPrimeLearningWindow]
//	eq. 12     penalty towards the weights of the epoch's start  [Penalty]
//	eq. 16     strength of the penalty                      [Strength]
//
// Algorithm 1, which puts them together, is method.InfoReg.
//
// Shapes list axes in order: B batch, T time, H height, W width, C channel, D feature. Losses are in nats. A
// step is one optimizer update, counted from 0. An interval is what stands for an epoch in eqs. 11 and 12 and in
// algorithm 1: an epoch, or as many steps as [Clock] says. Functions that build graphs panic; others return errors.
package inforeg
