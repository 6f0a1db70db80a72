"""BEGAN (Berthelot et al. 2017): a generator, and an auto-encoder that is its discriminator.

Pictures are float32 [N, S, S, 3], RGB in about [-1, 1]. As in StyleGAN2's layers there is no transposed, strided or
grouped convolution.
"""
