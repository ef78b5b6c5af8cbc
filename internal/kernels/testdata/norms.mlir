module @primewindow_kernels_1 {
  func.func @main(%arg0: tensor<4x15x13x16xf32>, %arg1: tensor<3x3x16x32xf32>, %arg2: tensor<4x8x7x32xf32>) -> (tensor<3x3x16x32xf32>, tensor<4xf32>) {
    %0 = "stablehlo.iota"() { iota_dimension = 0 : i64 } : () -> tensor<4xf32>
    %1 = "stablehlo.reshape"(%0) : (tensor<4xf32>) -> tensor<4xf32>
    %2, %3 = "func.call"(%arg0, %arg2, %arg1, %1) { callee = @primewindow_norms_s2x2_p1x1_f1 } : (tensor<4x15x13x16xf32>, tensor<4x8x7x32xf32>, tensor<3x3x16x32xf32>, tensor<4xf32>) -> (tensor<3x3x16x32xf32>, tensor<4xf32>)
    "stablehlo.return"(%2, %3) : (tensor<3x3x16x32xf32>, tensor<4xf32>) -> ()
  }

  func.func @primewindow_norms_s2x2_p1x1_f1(%a: tensor<4x15x13x16xf32>, %b: tensor<4x8x7x32xf32>, %kernel: tensor<3x3x16x32xf32>, %norms: tensor<4xf32>) -> (tensor<3x3x16x32xf32>, tensor<4xf32>) {
    %0 = "stablehlo.negate"(%kernel) : (tensor<3x3x16x32xf32>) -> tensor<3x3x16x32xf32>
    %1 = "stablehlo.negate"(%norms) : (tensor<4xf32>) -> tensor<4xf32>
    "stablehlo.return"(%0, %1) : (tensor<3x3x16x32xf32>, tensor<4xf32>) -> ()
  }
}
