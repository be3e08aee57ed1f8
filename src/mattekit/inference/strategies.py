"""How a network is taken over a picture: the list of strategies."""

from mattekit.inference.hybrid import Hybrid
from mattekit.inference.resize import Resize
from mattekit.inference.tile import Tile
from mattekit.inference.whole import Whole

StrategyConfig = Whole | Tile | Resize | Hybrid

STRATEGIES = {"whole": Whole, "tile": Tile, "resize": Resize, "hybrid": Hybrid}
