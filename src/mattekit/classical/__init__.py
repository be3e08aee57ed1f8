"""Matting without networks, thin over pymatting (closed-form, KNN, colours) and OpenCV (GrabCut).

pymatting compiles itself when it is first imported, so every module here imports it inside the
functions that need it; `compiling.first_use` says whether that is still to come.
"""
