"""EfficientNet-Lite0 (Tan and Le 2019, without squeeze and excitation) down to 1/16, never trained.

What it learnt on ImageNet is kept as it is: its batch norms are folded into its convolutions, and
its values are those of half precision, so that a file of halves holds them exactly.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.models.files import SHIPPED

STAGES = (  # expansion, channels, repeats, stride, kernel
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
)
LAST_BLOCKS = (2, 4, 10)
"""Of each size that is looked at: 1/4, 1/8 and 1/16."""
CHANNELS = (24, 40, 112)
"""Of these blocks."""


class LiteEncoder(nn.Module):
    """Features of a photo at 1/4, 1/8 and 1/16."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3, 2)
        self.blocks = nn.ModuleList()
        inputs = 32
        for expansion, channels, repeats, stride, kernel in STAGES:
            for repeat in range(repeats):
                first_stride = stride if repeat == 0 else 1
                self.blocks.append(Block(inputs, channels, expansion, kernel, first_stride))
                inputs = channels
        for layer in list(self.modules()):  # as buffers, which no optimiser and no freezing sees
            for name, weight in list(layer.named_parameters(recurse=False)):
                delattr(layer, name)
                layer.register_buffer(name, weight.detach())

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        x = F.relu6(self.stem((image * 255 - 127) / 128))
        features = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in LAST_BLOCKS:
                features.append(x)
        return features


class Block(nn.Module):
    """Widened, filtered channel by channel, narrowed; added to what came in where sizes allow."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = nn.Conv2d(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = Convolution(wide, wide, kernel, stride, groups=wide)
        self.project = nn.Conv2d(wide, outputs, 1)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.adds else y


class Convolution(nn.Conv2d):
    """Padded as TensorFlow pads even sizes: with a stride of 2, one pixel less on top and left."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, *, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups)
        after = kernel // 2
        before = after - (stride - 1)
        self.sides = (before, after, before, after)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Tensor:
        return super().forward(F.pad(x, self.sides))


def shipped_encoder() -> dict[str, Tensor]:
    """The weights that the shipped network holds."""
    from mattekit.networks.weights import read  # which knows all networks, this one's user too

    _, tensors = read(SHIPPED / "compact.onnx")
    own = {name: tensor for name, tensor in tensors.items() if name.startswith("encoder.")}
    return {name.removeprefix("encoder."): tensor.float() for name, tensor in own.items()}
