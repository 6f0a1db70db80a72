"""pix2pix (Isola et al. 2017): lines to a picture, and the opponent that teaches it.

Pictures are float32 [N, S, S, C]. As in StyleGAN2's layers there is no transposed, strided or grouped convolution.
"""
