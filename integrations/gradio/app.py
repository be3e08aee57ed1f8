"""mattekit as a Gradio app or a Space: python app.py"""

import gradio
import numpy as np

import mattekit
from mattekit.subject.segment import stroke_labels


def cut_out(editor: dict | None) -> tuple[np.ndarray, str]:
    """The cut-out of the photo; white strokes are on the subject, black ones on the rest."""
    if editor is None or editor["background"] is None:
        raise gradio.Error("Give a photo first.")
    strokes = [layer for layer in editor["layers"] if layer[..., 3].any()]
    hint = {"scribbles": stroke_labels(strokes[0][..., :3], strokes[0][..., 3])} if strokes else {}
    try:
        cut = mattekit.cutout(editor["background"][..., :3], **hint)
    except mattekit.MattekitError as error:
        raise gradio.Error(str(error)) from error
    said = [f"confidence {cut.confidence:.3f}"] if cut.confidence is not None else []
    return np.round(255 * cut.rgba()).astype(np.uint8), "; ".join([*said, *cut.warnings])


brush = gradio.Brush(colors=["#ffffff", "#000000"], color_mode="fixed")
app = gradio.Interface(
    cut_out,
    gradio.ImageEditor(label="Photo; paint white on the subject, black on the rest", brush=brush),
    [gradio.Image(label="Cut-out", image_mode="RGBA", format="png"), gradio.Text(label="Remarks")],
    title="mattekit",
    description="Cuts the subject out, with its own clean colours. Nothing is kept.",
)

if __name__ == "__main__":
    app.launch()
