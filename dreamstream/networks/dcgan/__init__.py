"""DCGAN's networks (Radford et al. 2015), which the published GANs of cats share.

Pictures are float32 [N, S, S, 3], RGB in [-1, 1]. As in StyleGAN2's layers there is no transposed, strided or grouped
convolution: sizes are doubled by repeating and halved by means.
"""
