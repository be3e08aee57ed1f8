#!/usr/bin/env python3
"""GIMP 3: cut the subject out by a mattekit server, the selection as the hint.

Copy the folder `mattekit-cutout` into a folder of plug-ins (Edit > Preferences > Folders), make its
file executable, and start `mattekit serve`. Filters > mattekit > Cut Out posts the visible picture
and the selection; the subject comes as a new layer in its own colours. A rectangle is a box around
the subject. Of any other selection soft parts (feather it) are what is unknown. Without one the
server finds the subject.
"""

import json
import os
import struct
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
import zlib

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gegl, Gimp, GimpUi, Gio, GLib, GObject  # noqa: E402

PROCEDURE = "plug-in-mattekit-cutout"
SERVER = "http://127.0.0.1:8000"
SECONDS = 300


def png(pixels: bytes, width: int, height: int) -> bytes:
    """A PNG file of 8-bit grey or RGB; GIMP's Python has no library for it."""
    channels = len(pixels) // (width * height)
    row = width * channels
    lines = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def rectangle(mask: bytes, width: int) -> str:
    """The box x,y,width,height where exactly a rectangle is selected; empty otherwise."""
    first, last = mask.find(b"\xff"), mask.rfind(b"\xff")
    (top, left), (bottom, right) = divmod(first, width), divmod(last, width)
    selected = right + 1 - left
    row = bytes(left) + b"\xff" * selected + bytes(width - right - 1)
    below = len(mask) // width - bottom - 1
    if selected < 1 or mask != bytes(top * width) + row * (bottom + 1 - top) + bytes(below * width):
        return ""
    return f"{left},{top},{selected},{bottom + 1 - top}"


def ask(server: str, token: str, files: dict[str, bytes], box: str) -> bytes:
    """The answer of the server to these files; RuntimeError with its sentence where it refuses."""
    border = uuid.uuid4().hex
    form = f"--{border}\r\nContent-Disposition: form-data; name="
    parts = [
        f'{form}"{name}"; filename="{name}.png"\r\nContent-Type: image/png\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in files.items()
    ]
    if box:
        parts.append(f'{form}"box"\r\n\r\n{box}\r\n'.encode())
    headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = b"".join(parts) + f"--{border}--\r\n".encode()
    request = urllib.request.Request(f"{server.rstrip('/')}/v1/cutout", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(sentence_of(error)) from error
    except OSError as error:
        raise RuntimeError(f"No mattekit server at {server}: run 'mattekit serve'") from error


def sentence_of(error: urllib.error.HTTPError) -> str:
    """What the server says went wrong."""
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code} {error.reason}"


def pixels_of(drawable: Gimp.Drawable, form: str, width: int, height: int) -> bytes:
    """All pixels of a drawable."""
    whole = Gegl.Rectangle.new(0, 0, width, height)
    return bytes(drawable.get_buffer().get(whole, 1.0, form, Gegl.AbyssPolicy.CLAMP))


def cut_out(image: Gimp.Image, server: str, token: str) -> Gimp.Layer:
    """Post the picture and the selection; the subject as a new layer on top."""
    width, height = image.get_width(), image.get_height()
    copy = image.duplicate()
    colours = pixels_of(copy.flatten(), "R'G'B' u8", width, height)
    copy.delete()
    files, box = {"photo": png(colours, width, height)}, ""
    if not Gimp.Selection.is_empty(image):
        mask = pixels_of(image.get_selection(), "Y u8", width, height)
        box = rectangle(mask, width)
        if not box:
            files["mask"] = png(mask, width, height)
    answer = ask(server, token, files, box)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cut-out.png")
        with open(path, "wb") as file:
            file.write(answer)
        place = Gio.File.new_for_path(path)
        layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, place)
    layer.set_name("cut-out")
    image.undo_group_start()
    image.insert_layer(layer, None, 0)
    image.undo_group_end()
    return layer


class MattekitCutout(Gimp.PlugIn):
    """Filters > mattekit > Cut Out."""

    def do_set_i18n(self, name):
        return False

    def do_query_procedures(self):
        return [PROCEDURE]

    def do_create_procedure(self, name):
        kind = Gimp.PDBProcType.PLUGIN
        procedure = Gimp.ImageProcedure.new(self, name, kind, self.run, None)
        procedure.set_image_types("*")
        procedure.set_menu_label("_Cut Out...")
        procedure.add_menu_path("<Image>/Filters/mattekit")
        words = "Cut the subject out by a mattekit server"
        procedure.set_documentation(words, __doc__, name)
        procedure.set_attribution("The mattekit authors", "MIT", "2026")
        write = GObject.ParamFlags.READWRITE
        procedure.add_string_argument("server", "_Server", "Its address", SERVER, write)
        procedure.add_string_argument("token", "_Token", "Where it asks for one", "", write)
        return procedure

    def run(self, procedure, run_mode, image, drawables, config, data):
        status = Gimp.PDBStatusType
        if run_mode == Gimp.RunMode.INTERACTIVE:
            GimpUi.init(PROCEDURE)
            dialog = GimpUi.ProcedureDialog.new(procedure, config, "Cut Out")
            dialog.fill(None)
            accepted = dialog.run()
            dialog.destroy()
            if not accepted:
                return procedure.new_return_values(status.CANCEL, GLib.Error())
        Gimp.progress_init("Cutting out ...")
        try:
            cut_out(image, config.get_property("server"), config.get_property("token") or "")
        except RuntimeError as error:
            return procedure.new_return_values(status.EXECUTION_ERROR, GLib.Error(str(error)))
        Gimp.displays_flush()
        return procedure.new_return_values(status.SUCCESS, GLib.Error())


if __name__ == "__main__":
    Gimp.main(MattekitCutout.__gtype__, sys.argv)
