"""What `archc check` is compared with: torchinfo's summary of a VGG-16 written by hand."""

from handwritten import vgg16
from torchinfo import summary

print(summary(vgg16(), (1, 3, 224, 224), verbose=0))
