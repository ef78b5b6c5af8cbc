module @primewindow_kernels_1 {
  func.func @main(%arg0: tensor<2x6x7x5xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<2x6x7x5xf32>) {
    %0 = "stablehlo.constant"() { value = dense<0.0> : tensor<f32> } : () -> tensor<f32>
    %1 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<5xf32>
    %2 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<5xf32>
    %3, %4 = "func.call"(%arg0, %1, %2) { callee = @primewindow_moments } : (tensor<2x6x7x5xf32>, tensor<5xf32>, tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>)
    %5 = "stablehlo.reshape"(%arg0) : (tensor<2x6x7x5xf32>) -> tensor<2x42x5xf32>
    %6 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<2x5xf32>
    %7 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<2x5xf32>
    %8, %9 = "func.call"(%5, %5, %3, %4, %6, %7) { callee = @primewindow_slopes } : (tensor<2x42x5xf32>, tensor<2x42x5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<2x5xf32>, tensor<2x5xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>)
    %10 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<2x3x4x5xf32>
    %11 = "stablehlo.constant"() { value = dense<0> : tensor<ui8> } : () -> tensor<ui8>
    %12 = "stablehlo.broadcast_in_dim"(%11) { broadcast_dimensions = array<i64> } : (tensor<ui8>) -> tensor<2x3x4x5xui8>
    %13, %14 = "func.call"(%arg0, %10, %12) { callee = @primewindow_pool } : (tensor<2x6x7x5xf32>, tensor<2x3x4x5xf32>, tensor<2x3x4x5xui8>) -> (tensor<2x3x4x5xf32>, tensor<2x3x4x5xui8>)
    %15 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<5xf32>
    %16 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<5xf32>
    %17, %18 = "func.call"(%5, %15, %16) { callee = @primewindow_moments_1 } : (tensor<2x42x5xf32>, tensor<5xf32>, tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>)
    %19 = "stablehlo.broadcast_in_dim"(%0) { broadcast_dimensions = array<i64> } : (tensor<f32>) -> tensor<2x6x7x5xf32>
    %20 = "func.call"(%13, %14, %19) { callee = @primewindow_unpool } : (tensor<2x3x4x5xf32>, tensor<2x3x4x5xui8>, tensor<2x6x7x5xf32>) -> tensor<2x6x7x5xf32>
    "stablehlo.return"(%8, %9, %17, %18, %20) : (tensor<2x5xf32>, tensor<2x5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<2x6x7x5xf32>) -> ()
  }

  func.func @primewindow_moments(%p0: tensor<2x6x7x5xf32>, %p1: tensor<5xf32>, %p2: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
    %0 = "stablehlo.add"(%p1, %p1) : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
    %1 = "stablehlo.add"(%p2, %p2) : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
    "stablehlo.return"(%0, %1) : (tensor<5xf32>, tensor<5xf32>) -> ()
  }

  func.func @primewindow_slopes(%p0: tensor<2x42x5xf32>, %p1: tensor<2x42x5xf32>, %p2: tensor<5xf32>, %p3: tensor<5xf32>, %p4: tensor<2x5xf32>, %p5: tensor<2x5xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>) {
    %0 = "stablehlo.add"(%p4, %p4) : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x5xf32>
    %1 = "stablehlo.add"(%p5, %p5) : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x5xf32>
    "stablehlo.return"(%0, %1) : (tensor<2x5xf32>, tensor<2x5xf32>) -> ()
  }

  func.func @primewindow_pool(%p0: tensor<2x6x7x5xf32>, %p1: tensor<2x3x4x5xf32>, %p2: tensor<2x3x4x5xui8>) -> (tensor<2x3x4x5xf32>, tensor<2x3x4x5xui8>) {
    %0 = "stablehlo.add"(%p1, %p1) : (tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
    %1 = "stablehlo.add"(%p2, %p2) : (tensor<2x3x4x5xui8>, tensor<2x3x4x5xui8>) -> tensor<2x3x4x5xui8>
    "stablehlo.return"(%0, %1) : (tensor<2x3x4x5xf32>, tensor<2x3x4x5xui8>) -> ()
  }

  func.func @primewindow_moments_1(%p0: tensor<2x42x5xf32>, %p1: tensor<5xf32>, %p2: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
    %0 = "stablehlo.add"(%p1, %p1) : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
    %1 = "stablehlo.add"(%p2, %p2) : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
    "stablehlo.return"(%0, %1) : (tensor<5xf32>, tensor<5xf32>) -> ()
  }

  func.func @primewindow_unpool(%p0: tensor<2x3x4x5xf32>, %p1: tensor<2x3x4x5xui8>, %p2: tensor<2x6x7x5xf32>) -> tensor<2x6x7x5xf32> {
    %0 = "stablehlo.add"(%p2, %p2) : (tensor<2x6x7x5xf32>, tensor<2x6x7x5xf32>) -> tensor<2x6x7x5xf32>
    "stablehlo.return"(%0) : (tensor<2x6x7x5xf32>) -> ()
  }
}
