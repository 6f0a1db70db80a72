"""StyleGAN2 (Karras et al. 2020) at sizes that two cores can run and teach: generator and discriminator.

Pictures are float32 [N, H, W, 3], RGB in [-1, 1]. There is no transposed, strided or grouped convolution: on a CPU
XLA's gradients of these are up to 200 times slower than those of the forms used here.
"""
