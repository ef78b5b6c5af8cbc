module @primewindow_kernels_1 {
  func.func @main(%arg0: tensor<4x13x3xf32>, %arg1: tensor<7x3x8xf32>, %arg2: tensor<4x7x8xf32>) -> (tensor<4x7x8xf32>, tensor<4x13x3xf32>, tensor<7x3x8xf32>) {
    %0 = "stablehlo.convolution"(%arg0, %arg1) {
      batch_group_count = 1 : i64,
      dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>,
      feature_group_count = 1 : i64,
      lhs_dilation = array<i64: 1>,
      padding = dense<[[3, 3]]> : tensor<1x2xi64>,
      precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>],
      rhs_dilation = array<i64: 1>,
      window_reversal = array<i1: false>,
      window_strides = array<i64: 2>
    } : (tensor<4x13x3xf32>, tensor<7x3x8xf32>) -> tensor<4x7x8xf32>
    %1 = "stablehlo.multiply"(%0, %arg2) : (tensor<4x7x8xf32>, tensor<4x7x8xf32>) -> tensor<4x7x8xf32>
    %3 = "stablehlo.constant"() { value = dense<0.0> : tensor<f32> } : () -> tensor<f32>
    %4 = "stablehlo.reduce"(%1, %3) ({
      ^reductionFn(%lhs: tensor<f32>, %rhs: tensor<f32>) :
          %2 = "stablehlo.add"(%lhs, %rhs) : (tensor<f32>, tensor<f32>) -> tensor<f32>
          "stablehlo.return"(%2) : (tensor<f32>) -> ()
    }) { dimensions = array<i64: 0, 1, 2> } : (tensor<4x7x8xf32>, tensor<f32>) -> tensor<f32>
    %5 = "stablehlo.constant"() { value = dense<1.0> : tensor<f32> } : () -> tensor<f32>
    %6 = "stablehlo.reshape"(%5) : (tensor<f32>) -> tensor<1x1x1xf32>
    %7 = "stablehlo.broadcast_in_dim"(%6) { broadcast_dimensions = array<i64: 0, 1, 2> } : (tensor<1x1x1xf32>) -> tensor<4x7x8xf32>
    %8 = "stablehlo.multiply"(%7, %arg2) : (tensor<4x7x8xf32>, tensor<4x7x8xf32>) -> tensor<4x7x8xf32>
    %9 = "stablehlo.multiply"(%7, %0) : (tensor<4x7x8xf32>, tensor<4x7x8xf32>) -> tensor<4x7x8xf32>
    %10 = "stablehlo.reverse"(%arg1) { dimensions = array<i64: 0> } : (tensor<7x3x8xf32>) -> tensor<7x3x8xf32>
    %11 = "stablehlo.convolution"(%8, %10) {
      batch_group_count = 1 : i64,
      dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, o, i]->[b, 0, f]>,
      feature_group_count = 1 : i64,
      lhs_dilation = array<i64: 2>,
      padding = dense<[[3, 3]]> : tensor<1x2xi64>,
      precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>],
      rhs_dilation = array<i64: 1>,
      window_reversal = array<i1: false>,
      window_strides = array<i64: 1>
    } : (tensor<4x7x8xf32>, tensor<7x3x8xf32>) -> tensor<4x13x3xf32>
    %12 = "stablehlo.convolution"(%arg0, %8) {
      batch_group_count = 1 : i64,
      dimension_numbers = #stablehlo.conv<[f, 0, b]x[i, 0, o]->[0, b, f]>,
      feature_group_count = 1 : i64,
      lhs_dilation = array<i64: 1>,
      padding = dense<[[3, 3]]> : tensor<1x2xi64>,
      precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>],
      rhs_dilation = array<i64: 2>,
      window_reversal = array<i1: false>,
      window_strides = array<i64: 1>
    } : (tensor<4x13x3xf32>, tensor<4x7x8xf32>) -> tensor<7x3x8xf32>
    "stablehlo.return"(%0, %11, %12) : (tensor<4x7x8xf32>, tensor<4x13x3xf32>, tensor<7x3x8xf32>) -> ()
  }
}
